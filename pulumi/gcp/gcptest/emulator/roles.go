package emulator

import (
	"fmt"
	"maps"
	"net/http"
	"regexp"
	"strings"
)

// roles answers what IAM would of roles that users make. A deleted one is kept
// for a week with its id, can be had back, and can be given to nobody
// (description of projects.roles.delete in Google's own document).
func (e *Emulator) roles(c *call) (any, error) {
	if c.verb() == "create" {
		return e.createRole(c)
	}
	link, _, _ := strings.Cut(c.at, ":")
	o, err := e.get(link)
	if err != nil {
		return nil, err
	}
	gone := o["deleted"] == true
	switch c.verb() {
	case "delete":
		if gone {
			return nil, refuse(http.StatusBadRequest, "You can't delete role_id (%s) because it is already deleted.", c.path["rolesId"])
		}
		o["deleted"] = true
	case "undelete":
		if !gone {
			return nil, refuse(http.StatusBadRequest, "You can't undelete role_id (%s) because it is not deleted.", c.path["rolesId"])
		}
		delete(o, "deleted")
	case "patch":
		if gone {
			return nil, refuse(http.StatusBadRequest, "You can't update role_id (%s) because it is deleted.", c.path["rolesId"])
		}
		if given := c.body["etag"]; given != nil && given != o["etag"] {
			return nil, refuse(http.StatusConflict, "There were concurrent changes of %s.", link)
		}
		if err := permitted(c.body); err != nil {
			return nil, err
		}
		maps.Copy(o, given(c.body).(object))
		o["name"] = link
	default:
		return o, nil
	}
	o["etag"] = e.print()
	return o, nil
}

func (e *Emulator) createRole(c *call) (any, error) {
	id := fmt.Sprint(c.body["roleId"])
	link := "projects/" + c.path["projectsId"] + "/roles/" + id
	if !regexp.MustCompile(`^[a-zA-Z0-9_.]{3,64}$`).MatchString(id) {
		return nil, refuse(http.StatusBadRequest, "The role_id %q is no role's.", id)
	}
	if o := e.objects[link]; o != nil && o["deleted"] == true {
		return nil, refuse(http.StatusBadRequest, "You can't create a role with role_id (%s) where there is an existing role with that role_id in a deleted state.", id)
	} else if o != nil {
		return nil, refuse(http.StatusConflict, "A role named %s in projects/%s already exists.", id, c.path["projectsId"])
	}
	role, _ := c.body["role"].(map[string]any)
	if err := permitted(role); err != nil {
		return nil, err
	}
	o, _ := given(role).(object)
	maps.Copy(o, object{"name": link, "etag": e.print()})
	e.objects[link] = o
	return o, nil
}

// permitted wants permissions to look like some, each given once.
func permitted(role object) error {
	form, seen := regexp.MustCompile(`^[a-z]+(\.[a-zA-Z]+){2}$`), map[any]bool{}
	given, _ := role["includedPermissions"].([]any)
	for _, permission := range given {
		if text, _ := permission.(string); !form.MatchString(text) || seen[text] {
			return refuse(http.StatusBadRequest, "Permission %v is not valid.", permission)
		}
		seen[permission] = true
	}
	return nil
}
