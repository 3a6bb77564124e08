package emulator

import (
	"fmt"
	"slices"
	"strconv"
)

// templateHandlers answer what is asked of launch templates.
func templateHandlers() map[string]handler {
	return map[string]handler{
		"CreateLaunchTemplate": func(e *Emulator, in message) (message, error) {
			if len(e.store.where(kindTemplate, "LaunchTemplateName", in["LaunchTemplateName"])) > 0 {
				return nil, refuse("InvalidLaunchTemplateName.AlreadyExistsException", "there is a template %q", text(in, "LaunchTemplateName"))
			}
			o := e.store.add(kindTemplate, "lt", "LaunchTemplateId", with(message{"CreateTime": began, "CreatedBy": Account, "DefaultVersionNumber": int64(1), "LatestVersionNumber": int64(1)}, in, "LaunchTemplateName"))
			o.kept["1"] = deep(in["LaunchTemplateData"])
			tagged(o, in)
			return message{"LaunchTemplate": deep(o.data)}, nil
		},
		"CreateLaunchTemplateVersion": func(e *Emulator, in message) (message, error) {
			o, err := e.template(in)
			if err != nil {
				return nil, err
			}
			version := o.data["LatestVersionNumber"].(int64) + 1
			o.data["LatestVersionNumber"] = version
			o.kept[fmt.Sprint(version)] = deep(in["LaunchTemplateData"])
			return message{"LaunchTemplateVersion": templateVersion(o, fmt.Sprint(version))}, nil
		},
		"ModifyLaunchTemplate": func(e *Emulator, in message) (message, error) {
			o, err := e.template(in)
			if err != nil {
				return nil, err
			}
			if version, err := strconv.ParseInt(text(in, "DefaultVersion"), 10, 64); err == nil {
				o.data["DefaultVersionNumber"] = version
			}
			return message{"LaunchTemplate": deep(o.data)}, nil
		},
		"DescribeLaunchTemplates": func(e *Emulator, in message) (message, error) {
			found, err := e.store.selected(kindTemplate, "InvalidLaunchTemplateId.NotFound", texts(in, "LaunchTemplateIds"), structures(in, "Filters"), nil)
			if names := texts(in, "LaunchTemplateNames"); len(names) > 0 {
				found = slices.DeleteFunc(found, func(o *object) bool { return !slices.Contains(names, text(o.data, "LaunchTemplateName")) })
			}
			return message{"LaunchTemplates": datas(found)}, err
		},
		"DescribeLaunchTemplateVersions": describeVersions,
		"DeleteLaunchTemplate": func(e *Emulator, in message) (message, error) {
			o, err := e.template(in)
			if err != nil {
				return nil, err
			}
			e.store.remove(o)
			return message{"LaunchTemplate": deep(o.data)}, nil
		},
	}
}

func describeVersions(e *Emulator, in message) (message, error) {
	o, err := e.template(in)
	if err != nil {
		return nil, err
	}
	versions := list[any]()
	for _, asked := range texts(in, "Versions") {
		number := versionOf(o, asked)
		if o.kept[number] == nil {
			return nil, refuse("InvalidLaunchTemplateId.VersionNotFound", "%s has no version %q", o.id, asked)
		}
		versions = append(versions, templateVersion(o, number))
	}
	return message{"LaunchTemplateVersions": versions}, nil
}

// template is the one a request names.
func (e *Emulator) template(in message) (*object, error) {
	if name := text(in, "LaunchTemplateName"); name != "" {
		for _, o := range e.store.where(kindTemplate, "LaunchTemplateName", name) {
			return o, nil
		}
		return nil, refuse("InvalidLaunchTemplateName.NotFoundException", "there is no template %q", name)
	}
	return e.find(kindTemplate, "InvalidLaunchTemplateId.NotFound", text(in, "LaunchTemplateId"))
}

// versionOf is the number that a version stands for.
func versionOf(o *object, version string) string {
	switch version {
	case "$Latest":
		return fmt.Sprint(o.data["LatestVersionNumber"])
	case "", "$Default":
		return fmt.Sprint(o.data["DefaultVersionNumber"])
	}
	return version
}

func templateVersion(o *object, number string) message {
	n, _ := strconv.ParseInt(number, 10, 64)
	return message{
		"LaunchTemplateId": o.id, "LaunchTemplateName": o.data["LaunchTemplateName"], "VersionNumber": n, "CreateTime": began, "CreatedBy": Account,
		"DefaultVersion": o.data["DefaultVersionNumber"] == n, "LaunchTemplateData": deep(o.kept[number]),
	}
}

// templateOf is what a template says, and the number of its version; nothing
// where none is named.
func (e *Emulator) templateOf(named message) (message, int, error) {
	if len(named) == 0 {
		return message{}, 0, nil
	}
	o, err := e.template(named)
	if err != nil {
		return nil, 0, err
	}
	number := versionOf(o, text(named, "Version"))
	data, known := o.kept[number].(message)
	if !known {
		return nil, 0, refuse("InvalidLaunchTemplateId.VersionNotFound", "%s has no version %q", o.id, text(named, "Version"))
	}
	n, err := strconv.Atoi(number)
	return data, n, err
}
