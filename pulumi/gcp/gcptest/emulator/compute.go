package emulator

import (
	"maps"
	"net/http"
	"path"
	"slices"
	"strings"
)

// selfLinks is what links in answers begin with.
const selfLinks = "https://www.googleapis.com/compute/v1/"

// compute answers what Compute Engine would.
func (e *Emulator) compute(c *call) (any, error) {
	collection := strings.Split(c.method.ID, ".")[1]
	switch collection {
	case "globalOperations", "regionOperations", "zoneOperations":
		return e.operation(c)
	case "projects", "regions", "zones", "machineTypes", "images":
		return fixed(c, collection), nil
	}
	switch c.verb() {
	case "insert":
		return e.insert(c, collection)
	case "get":
		return e.get(c.at)
	case "delete":
		return e.delete(c, c.at)
	case "patch", "update":
		return e.change(c, collection)
	case "listManagedInstances":
		return object{"managedInstances": []any{}}, nil
	}
	return e.act(c, collection)
}

func (e *Emulator) get(link string) (object, error) {
	if o := e.objects[link]; o != nil {
		return o, nil
	}
	for at, o := range e.objects {
		// Everything can be named by its number, too.
		if folder, number := path.Split(link); path.Dir(at) == path.Clean(folder) && o["id"] == number {
			return o, nil
		}
	}
	return nil, refuse(http.StatusNotFound, "The resource '%s' was not found", link)
}

func (e *Emulator) insert(c *call, collection string) (any, error) {
	name, _ := c.body["name"].(string)
	link := c.at + "/" + name
	if e.objects[link] != nil {
		return nil, refuse(http.StatusConflict, "The resource '%s' already exists", link)
	}
	o, _ := given(c.body).(object)
	if err := e.references(o); err != nil {
		return nil, err
	}
	maps.Copy(o, object{
		"kind": "compute#" + strings.TrimSuffix(collection, "s"), "id": e.number(), "selfLink": selfLinks + link,
		"creationTimestamp": "2026-01-02T03:04:05.000-08:00",
	})
	for _, place := range []string{"region", "zone"} {
		if in := c.path[place]; in != "" {
			o[place] = selfLinks + "projects/" + c.path["project"] + "/" + place + "s/" + in
		}
	}
	if err := e.complete(collection, link, o); err != nil {
		return nil, err
	}
	e.objects[link] = o
	return e.finish(c, link), nil
}

func (e *Emulator) delete(c *call, link string) (any, error) {
	if _, err := e.get(link); err != nil {
		return nil, err
	}
	if user := e.user(link); user != "" {
		return nil, refuse(http.StatusBadRequest, "The resource '%s' is already being used by '%s'", link, user)
	}
	e.forget(link)
	return e.finish(c, link), nil
}

// change patches an object, or replaces what it was made of.
func (e *Emulator) change(c *call, collection string) (any, error) {
	o, err := e.get(c.at)
	if err != nil {
		return nil, err
	}
	if err := e.references(c.body); err != nil {
		return nil, err
	}
	if of, ok := c.body["fingerprint"].(string); ok && o["fingerprint"] != nil && of != o["fingerprint"] {
		return nil, refuse(http.StatusPreconditionFailed, "Invalid fingerprint.")
	}
	for key, value := range c.body {
		if slices.Contains([]string{"kind", "id", "selfLink", "region", "zone", "creationTimestamp"}, key) {
			continue
		}
		o[key] = merged(o[key], value, c.verb() == "patch")
		if o[key] == nil {
			delete(o, key)
		}
	}
	if err := e.complete(collection, c.at, o); err != nil {
		return nil, err
	}
	return e.finish(c, c.at), nil
}

// merged is a patched value: objects member by member, all else as a whole.
func merged(was, is any, patch bool) any {
	before, ok := was.(map[string]any)
	after, also := is.(map[string]any)
	if !ok || !also || !patch {
		return given(is)
	}
	out := maps.Clone(before)
	for key, value := range after {
		if out[key] = merged(out[key], value, true); out[key] == nil {
			delete(out, key)
		}
	}
	return out
}

// given is a value without the members that are null.
func given(value any) any {
	switch v := value.(type) {
	case map[string]any:
		out := object{}
		for key, member := range v {
			if member != nil {
				out[key] = given(member)
			}
		}
		return out
	case []any:
		out := []any{}
		for _, item := range v {
			out = append(out, given(item))
		}
		return out
	}
	return value
}

// finish is the operation that a change is: done already.
func (e *Emulator) finish(c *call, link string) object {
	place := "global"
	for _, key := range []string{"region", "zone"} {
		if c.path[key] != "" {
			place = key + "s/" + c.path[key]
		}
	}
	name := "operation-" + e.number()
	op := object{
		"kind": "compute#operation", "id": e.number(), "name": name, "operationType": c.verb(), "status": "DONE", "progress": 100,
		"targetLink": selfLinks + link, "insertTime": "2026-01-02T03:04:05.000-08:00",
		"selfLink": selfLinks + "projects/" + c.path["project"] + "/" + place + "/operations/" + name,
	}
	for _, key := range []string{"region", "zone"} {
		if c.path[key] != "" {
			op[key] = selfLinks + "projects/" + c.path["project"] + "/" + key + "s/" + c.path[key]
		}
	}
	if o := e.objects[link]; o != nil {
		op["targetId"] = o["id"]
	}
	e.done[name] = op
	return op
}

func (e *Emulator) operation(c *call) (any, error) {
	if op := e.done[c.path["operation"]]; op != nil {
		return op, nil
	}
	return nil, refuse(http.StatusNotFound, "The resource '%s' was not found", c.at)
}

// fixed is what is there without anybody making it.
func fixed(c *call, collection string) object {
	name := c.at[strings.LastIndex(c.at, "/")+1:]
	o := object{"kind": "compute#" + strings.TrimSuffix(collection, "s"), "name": name, "id": "1", "selfLink": selfLinks + c.at, "status": "UP"}
	switch collection {
	case "zones":
		o["region"] = selfLinks + "projects/" + c.path["project"] + "/regions/" + name[:strings.LastIndex(name, "-")]
	case "images":
		if c.verb() == "getFromFamily" {
			o["family"] = name
			o["selfLink"] = selfLinks + "projects/" + c.path["project"] + "/global/images/" + name + "-v20260101"
			o["name"] = name + "-v20260101"
		}
		o["status"], o["diskSizeGb"], o["architecture"] = "READY", "10", "X86_64"
		if strings.Contains(name, "arm64") {
			o["architecture"] = "ARM64"
		}
	}
	return o
}
