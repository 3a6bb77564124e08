package emulator

import (
	"net/http"
	"net/url"
	"slices"
)

// Kinds of what IAM keeps.
const (
	kindRole    = "role"
	kindProfile = "instance-profile"
)

// noEntity is IAM's answer to what does not exist.
const noEntity = "NoSuchEntity"

func (e *Emulator) entity(kind, name string) (*object, error) {
	o := e.store.get(kind, name)
	if o == nil {
		return nil, &failure{Code: noEntity, Message: "there is no " + kind + " " + name, status: http.StatusNotFound}
	}
	return o, nil
}

// identityHandlers answer what is asked of roles and their policies.
func identityHandlers() map[string]handler {
	return map[string]handler{
		"CreateRole": createRole,
		"GetRole": func(e *Emulator, in message) (message, error) {
			return e.got(kindRole, "Role", text(in, "RoleName"))
		},
		"UpdateRole": func(e *Emulator, in message) (message, error) {
			o, err := e.entity(kindRole, text(in, "RoleName"))
			if err != nil {
				return nil, err
			}
			with(o.data, in, "Description", "MaxSessionDuration")
			return message{}, nil
		},
		"UpdateAssumeRolePolicy": func(e *Emulator, in message) (message, error) {
			o, err := e.entity(kindRole, text(in, "RoleName"))
			if err != nil {
				return nil, err
			}
			o.data["AssumeRolePolicyDocument"] = url.QueryEscape(text(in, "PolicyDocument"))
			return message{}, nil
		},
		"DeleteRole": deleteRole,
		"TagRole":    tagEntity(kindRole, "RoleName"),
		"UntagRole":  untagEntity(kindRole, "RoleName"),
		"ListAttachedRolePolicies": func(*Emulator, message) (message, error) {
			return message{"AttachedPolicies": list[any](), "IsTruncated": false}, nil
		},
		"ListRolePolicies": func(e *Emulator, in message) (message, error) {
			o, err := e.entity(kindRole, text(in, "RoleName"))
			if err != nil {
				return nil, err
			}
			names := list[any]()
			for name := range structure(o.kept, "Policies") {
				names = append(names, name)
			}
			return message{"PolicyNames": names, "IsTruncated": false}, nil
		},
		"PutRolePolicy":    putPolicy,
		"GetRolePolicy":    getPolicy,
		"DeleteRolePolicy": deletePolicy,
	}
}

func createRole(e *Emulator, in message) (message, error) {
	name, path := text(in, "RoleName"), or(in, "Path", "/").(string)
	if e.store.get(kindRole, name) != nil {
		return nil, &failure{Code: "EntityAlreadyExists", Message: "there is a role " + name, status: http.StatusConflict}
	}
	o := e.store.put(kindRole, name, with(message{
		"RoleName": name, "Path": path, "Arn": "arn:aws:iam::" + Account + ":role" + path + name, "CreateDate": began, "MaxSessionDuration": int64(3600),
		"RoleId": "AROAEMULATED" + name, "AssumeRolePolicyDocument": url.QueryEscape(text(in, "AssumeRolePolicyDocument")),
	}, in, "Description", "MaxSessionDuration", "Tags"))
	o.kept["Policies"] = message{}
	return message{"Role": deep(o.data)}, nil
}

func (e *Emulator) got(kind, member, name string) (message, error) {
	o, err := e.entity(kind, name)
	if err != nil {
		return nil, err
	}
	return message{member: e.shown(o)}, nil
}

// shown is an object of IAM; a profile with its roles.
func (e *Emulator) shown(o *object) message {
	out := deep(o.data).(message)
	if o.kind == kindProfile {
		roles := list[any]()
		for _, name := range texts(o.kept, "Roles") {
			if role := e.store.get(kindRole, name); role != nil {
				roles = append(roles, deep(role.data))
			}
		}
		out["Roles"] = roles
	}
	return out
}

func deleteRole(e *Emulator, in message) (message, error) {
	o, err := e.entity(kindRole, text(in, "RoleName"))
	if err != nil {
		return nil, err
	}
	if len(structure(o.kept, "Policies")) > 0 || len(e.profilesOf(o.id)) > 0 {
		return nil, &failure{Code: "DeleteConflict", Message: o.id + " has policies or profiles", status: http.StatusConflict}
	}
	e.store.remove(o)
	return message{}, nil
}

// profilesOf are the profiles that give a role.
func (e *Emulator) profilesOf(role string) []*object {
	return slices.DeleteFunc(e.store.of(kindProfile), func(o *object) bool { return !slices.Contains(texts(o.kept, "Roles"), role) })
}

// tagEntity and untagEntity change tags of what IAM keeps.
func tagEntity(kind, member string) handler {
	return func(e *Emulator, in message) (message, error) {
		o, err := e.entity(kind, text(in, member))
		if err != nil {
			return nil, err
		}
		o.data["Tags"] = merged(structures(o.data, "Tags"), structures(in, "Tags"))
		return message{}, nil
	}
}

func untagEntity(kind, member string) handler {
	return func(e *Emulator, in message) (message, error) {
		o, err := e.entity(kind, text(in, member))
		if err != nil {
			return nil, err
		}
		for _, key := range texts(in, "TagKeys") {
			o.data["Tags"] = without(structures(o.data, "Tags"), "Key", key)
		}
		return message{}, nil
	}
}
