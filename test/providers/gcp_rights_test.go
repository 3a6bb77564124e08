package providers_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp"
)

// rights demands that whatever the provider called is allowed to whoever has
// the permissions that the target's page lists.
func (s *gcpStack) rights(t *testing.T) {
	t.Helper()
	listed := gcp.Permissions()
	for method := range s.cloud.Asked() {
		if publicOf(method) {
			continue
		}
		if permission := permissionOf(method); !slices.Contains(listed, permission) {
			t.Errorf("the provider calls %s, which takes %s: docs/targets/gcp.md does not list it", method, permission)
		}
	}
}

// publicOf tells methods of images, which are the vendors' and for everybody.
func publicOf(method string) bool { return strings.HasPrefix(method, "compute.images.") }

// permissionOf is the permission that a method is named after.
func permissionOf(method string) string {
	switch method {
	case "secretmanager.projects.secrets.addVersion":
		return "secretmanager.versions.add"
	case "cloudresourcemanager.projects.getIamPolicy", "cloudresourcemanager.projects.setIamPolicy":
		return "resourcemanager" + strings.TrimPrefix(method, "cloudresourcemanager")
	}
	words := strings.Split(method, ".")
	api, collection, verb := words[0], words[len(words)-2], words[len(words)-1]
	switch collection {
	case "regionInstanceGroupManagers":
		collection = "instanceGroupManagers"
	case "instanceGroups":
		if verb == "addInstances" || verb == "removeInstances" || verb == "setNamedPorts" {
			verb = "update"
		}
	}
	switch verb {
	case "insert":
		verb = "create"
	case "patch", "resize":
		if collection != "disks" {
			verb = "update"
		}
	case "wait", "listInstances", "listManagedInstances":
		verb = "get"
	}
	return api + "." + collection + "." + verb
}
