package emulator

import (
	"net/http"
	"slices"
	"strings"
)

// profileHandlers answer what is asked of instance profiles.
func profileHandlers() map[string]handler {
	return map[string]handler{
		"CreateInstanceProfile": createProfile,
		"GetInstanceProfile": func(e *Emulator, in message) (message, error) {
			return e.got(kindProfile, "InstanceProfile", text(in, "InstanceProfileName"))
		},
		"DeleteInstanceProfile": func(e *Emulator, in message) (message, error) {
			o, err := e.entity(kindProfile, text(in, "InstanceProfileName"))
			if err != nil {
				return nil, err
			}
			if len(texts(o.kept, "Roles")) > 0 {
				return nil, &failure{Code: "DeleteConflict", Message: o.id + " has a role", status: http.StatusConflict}
			}
			e.store.remove(o)
			return message{}, nil
		},
		"AddRoleToInstanceProfile": addRole,
		"RemoveRoleFromInstanceProfile": func(e *Emulator, in message) (message, error) {
			o, err := e.entity(kindProfile, text(in, "InstanceProfileName"))
			if err != nil {
				return nil, err
			}
			left := slices.DeleteFunc(texts(o.kept, "Roles"), func(role string) bool { return role == text(in, "RoleName") })
			o.kept["Roles"] = list(left...)
			return message{}, nil
		},
		"ListInstanceProfilesForRole": func(e *Emulator, in message) (message, error) {
			found := list[any]()
			for _, o := range e.profilesOf(text(in, "RoleName")) {
				found = append(found, e.shown(o))
			}
			return message{"InstanceProfiles": found, "IsTruncated": false}, nil
		},
		"TagInstanceProfile":   tagEntity(kindProfile, "InstanceProfileName"),
		"UntagInstanceProfile": untagEntity(kindProfile, "InstanceProfileName"),
	}
}

func createProfile(e *Emulator, in message) (message, error) {
	name, path := text(in, "InstanceProfileName"), or(in, "Path", "/").(string)
	if e.store.get(kindProfile, name) != nil {
		return nil, &failure{Code: "EntityAlreadyExists", Message: "there is a profile " + name, status: http.StatusConflict}
	}
	o := e.store.put(kindProfile, name, with(message{
		"InstanceProfileName": name, "Path": path, "Arn": "arn:aws:iam::" + Account + ":instance-profile" + path + name, "CreateDate": began,
		"InstanceProfileId": "AIPAEMULATED" + name,
	}, in, "Tags"))
	return message{"InstanceProfile": e.shown(o)}, nil
}

func addRole(e *Emulator, in message) (message, error) {
	o, err := e.entity(kindProfile, text(in, "InstanceProfileName"))
	if err != nil {
		return nil, err
	}
	if _, err := e.entity(kindRole, text(in, "RoleName")); err != nil {
		return nil, err
	}
	if len(texts(o.kept, "Roles")) > 0 {
		return nil, &failure{Code: "LimitExceeded", Message: o.id + " has a role", status: http.StatusConflict}
	}
	o.kept["Roles"] = list(text(in, "RoleName"))
	return message{}, nil
}

// profile is the one an instance names, by its ARN or its name.
func (e *Emulator) profile(named message) (*object, error) {
	name := text(named, "Name")
	if arn := text(named, "Arn"); arn != "" {
		name = arn[strings.LastIndex(arn, "/")+1:]
	}
	o := e.store.get(kindProfile, name)
	if o == nil || text(named, "Arn") != "" && o.data["Arn"] != named["Arn"] {
		return nil, refuse("InvalidParameterValue", "Invalid IAM Instance Profile %q", name)
	}
	return o, nil
}
