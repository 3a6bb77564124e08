package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"path"
	"regexp"
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
	o := maps.Clone(c.body)
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
	if given, ok := c.body["fingerprint"].(string); ok && o["fingerprint"] != nil && given != o["fingerprint"] {
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
		return is
	}
	out := maps.Clone(before)
	for key, value := range after {
		if out[key] = merged(out[key], value, true); out[key] == nil {
			delete(out, key)
		}
	}
	return out
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

// linkForm is a link to something that is made, of the project's own.
var linkForm = regexp.MustCompile(`^projects/[^/]+/(global|regions/[^/]+|zones/[^/]+)/(networks|subnetworks|routers|addresses|disks|instances|instanceGroups|healthChecks|backendServices|instanceTemplates|instanceGroupManagers)/[^/]+$`)

// references wants every link in a value to lead somewhere.
func (e *Emulator) references(value any) error {
	for _, link := range links(value) {
		if linkForm.MatchString(link) && e.objects[link] == nil {
			return refuse(http.StatusBadRequest, "Invalid value: The referenced resource '%s' cannot be found.", link)
		}
	}
	return nil
}

// user is an object that refers to another; empty where none does.
func (e *Emulator) user(link string) string {
	for other, o := range e.objects {
		if other != link && slices.Contains(links(o), link) && o["selfLink"] != selfLinks+link {
			return other
		}
	}
	return ""
}

// links are all the links in a value, cut to projects/….
func links(value any) []string {
	switch v := value.(type) {
	case string:
		link := strings.TrimPrefix(v, selfLinks)
		if i := strings.Index(link, "/compute/v1/projects/"); i >= 0 {
			link = link[i+len("/compute/v1/"):]
		}
		link, _, _ = strings.Cut(link, "?")
		if strings.HasPrefix(link, "projects/") {
			return []string{link}
		}
	case []any:
		var all []string
		for _, item := range v {
			all = append(all, links(item)...)
		}
		return all
	case map[string]any:
		var all []string
		for key, member := range v {
			if key != "selfLink" {
				all = append(all, links(member)...)
			}
		}
		return all
	}
	return nil
}

// forget takes an object away, and what goes with it.
func (e *Emulator) forget(link string) {
	o := e.objects[link]
	delete(e.objects, link)
	delete(e.members, link)
	disks, _ := o["disks"].([]any)
	for _, item := range disks {
		disk, _ := item.(map[string]any)
		if source, _ := disk["source"].(string); disk["autoDelete"] == true && source != "" {
			delete(e.objects, strings.TrimPrefix(source, selfLinks))
		}
	}
	if strings.Contains(link, "/instanceGroupManagers/") {
		delete(e.objects, strings.Replace(link, "/instanceGroupManagers/", "/instanceGroups/", 1))
	}
	for group, members := range e.members {
		e.members[group] = slices.DeleteFunc(members, func(m string) bool { return m == link })
	}
}

// act does what changes a part of an object.
func (e *Emulator) act(c *call, collection string) (any, error) {
	link := c.at[:strings.LastIndex(c.at, "/")]
	o, err := e.get(link)
	if err != nil {
		return nil, err
	}
	switch c.verb() {
	case "setLabels":
		if c.body["labelFingerprint"] != o["labelFingerprint"] {
			return nil, refuse(http.StatusPreconditionFailed, "Labels fingerprint either invalid or resource labels have changed")
		}
		o["labels"], o["labelFingerprint"] = c.body["labels"], e.print()
	case "setMetadata":
		o["metadata"] = maps.Clone(c.body)
		o["metadata"].(object)["fingerprint"] = e.print()
	case "setTags":
		o["tags"] = maps.Clone(c.body)
	case "setScheduling":
		o["scheduling"] = maps.Clone(c.body)
	case "setMachineType":
		o["machineType"] = selfLinks + "projects/" + c.path["project"] + "/" + strings.TrimPrefix(fmt.Sprint(c.body["machineType"]), "projects/"+c.path["project"]+"/")
	case "setServiceAccount":
		o["serviceAccounts"] = []any{maps.Clone(c.body)}
	case "start":
		o["status"] = "RUNNING"
	case "stop":
		o["status"] = "TERMINATED"
	case "setTarget":
		o["target"] = c.body["target"]
	case "resize":
		if collection == "disks" {
			o["sizeGb"] = c.body["sizeGb"]
		} else {
			o["targetSize"] = size(c)
		}
	case "attachDisk", "detachDisk":
		return nil, refuse(http.StatusNotImplemented, "this emulator moves no disks")
	default:
		return e.group(c, link)
	}
	return e.finish(c, link), nil
}

func size(c *call) any {
	var n float64
	_, _ = fmt.Sscan(c.query.Get("size"), &n) // a parameter that was checked
	return n
}

// group answers what is asked of groups of instances.
func (e *Emulator) group(c *call, link string) (any, error) {
	var named []string
	items, _ := c.body["instances"].([]any)
	for _, item := range items {
		reference, _ := item.(map[string]any)
		named = append(named, links(reference["instance"])...)
	}
	switch c.verb() {
	case "listInstances":
		listed := []any{}
		for _, member := range e.members[link] {
			listed = append(listed, object{"instance": selfLinks + member, "status": "RUNNING"})
		}
		return object{"kind": "compute#instanceGroupsListInstances", "items": listed}, nil
	case "addInstances":
		if err := e.references(c.body); err != nil {
			return nil, err
		}
		for _, member := range named {
			if slices.Contains(e.members[link], member) {
				return nil, refuse(http.StatusBadRequest, "The instance '%s' is a member of '%s' already", member, link)
			}
		}
		e.members[link] = append(e.members[link], named...)
	case "removeInstances":
		for _, member := range named {
			if !slices.Contains(e.members[link], member) {
				return nil, refuse(http.StatusBadRequest, "The instance '%s' is no member of '%s'", member, link)
			}
		}
		e.members[link] = slices.DeleteFunc(e.members[link], func(m string) bool { return slices.Contains(named, m) })
	case "setNamedPorts":
		e.objects[link]["namedPorts"] = c.body["namedPorts"]
	default:
		return nil, refuse(http.StatusNotImplemented, "this emulator does not know %s", c.method.ID)
	}
	e.objects[link]["size"] = len(e.members[link])
	return e.finish(c, link), nil
}
