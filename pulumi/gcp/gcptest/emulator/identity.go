package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"strings"
)

// accounts answers what IAM would of service accounts.
func (e *Emulator) accounts(c *call) (any, error) {
	project := c.path["projectsId"]
	if c.verb() == "create" {
		email := fmt.Sprintf("%v@%s.iam.gserviceaccount.com", c.body["accountId"], project)
		link := "projects/" + project + "/serviceAccounts/" + email
		if e.objects[link] != nil {
			return nil, refuse(http.StatusConflict, "Service account %v already exists within project projects/%s.", c.body["accountId"], project)
		}
		o := object{"name": link, "projectId": project, "uniqueId": e.number(), "email": email, "etag": "MDEwMjE5MjA=", "oauth2ClientId": e.number()}
		if given, ok := c.body["serviceAccount"].(map[string]any); ok {
			maps.Copy(o, given)
		}
		e.objects[link] = o
		return o, nil
	}
	link, _, _ := strings.Cut(c.at, ":")
	o, err := e.get(link)
	if err != nil {
		return nil, err
	}
	switch c.verb() {
	case "delete":
		delete(e.objects, link)
		delete(e.policies, link)
		e.orphan(fmt.Sprint(o["email"]), fmt.Sprint(o["uniqueId"]))
		return object{}, nil
	case "getIamPolicy", "setIamPolicy":
		return e.policy(c, link)
	case "patch":
		if given, ok := c.body["serviceAccount"].(map[string]any); ok {
			maps.Copy(o, given)
		}
	case "enable", "disable":
		o["disabled"] = c.verb() == "disable"
		return object{}, nil
	}
	return o, nil
}

// secrets answers what Secret Manager would.
func (e *Emulator) secrets(c *call) (any, error) {
	if c.verb() == "create" {
		id := c.query.Get("secretId")
		link := c.at + "/" + id
		if id == "" || e.objects[link] != nil {
			return nil, refuse(http.StatusConflict, "Secret [%s] already exists.", link)
		}
		o := maps.Clone(c.body)
		maps.Copy(o, object{"name": link, "createTime": "2026-01-02T03:04:05.000000Z", "etag": `"1"`})
		e.objects[link] = o
		return o, nil
	}
	link, _, _ := strings.Cut(c.at, ":")
	o, err := e.get(link)
	if err != nil {
		return nil, err
	}
	if strings.Contains(c.method.ID, ".versions.") {
		return e.version(c, link, o)
	}
	switch c.verb() {
	case "patch":
		for _, key := range strings.Split(c.query.Get("updateMask"), ",") {
			o[key] = c.body[key]
		}
	case "delete":
		for other := range e.objects {
			if strings.HasPrefix(other, link+"/") {
				delete(e.objects, other)
			}
		}
		delete(e.objects, link)
		delete(e.policies, link)
		return object{}, nil
	case "addVersion":
		return e.addVersion(c, link), nil
	case "getIamPolicy", "setIamPolicy":
		return e.policy(c, link)
	}
	return o, nil
}

func (e *Emulator) addVersion(c *call, link string) object {
	n := 1
	for e.objects[fmt.Sprintf("%s/versions/%d", link, n)] != nil {
		n++
	}
	at := fmt.Sprintf("%s/versions/%d", link, n)
	o := object{"name": at, "createTime": "2026-01-02T03:04:05.000000Z", "state": "ENABLED", "etag": `"1"`}
	e.objects[at] = o
	e.policies[at] = c.body // the payload, which no answer but access shows
	return o
}

func (e *Emulator) version(c *call, link string, o object) (any, error) {
	if o["state"] == "DESTROYED" && c.verb() != "get" {
		return nil, refuse(http.StatusBadRequest, "Secret Version [%s] is destroyed.", link)
	}
	switch c.verb() {
	case "access":
		return object{"name": link, "payload": e.policies[link]["payload"]}, nil
	case "destroy":
		o["state"], o["destroyTime"] = "DESTROYED", "2026-01-02T03:04:05.000000Z"
		delete(e.policies, link)
	case "enable":
		o["state"] = "ENABLED"
	case "disable":
		o["state"] = "DISABLED"
	}
	return o, nil
}
