package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
)

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
