package emulator

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
)

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
