package catalog

import "fmt"

// Which hosts' identity gets a permission.
const (
	// OnControlPlanes is for what runs on control planes only.
	OnControlPlanes = "control-plane"
	// OnNodes is every host.
	OnNodes = "nodes"
)

// Granted is what phase 1 lets hosts of a target do for one addon.
type Granted struct {
	// Addon is its name.
	Addon string
	Permissions
}

// PermissionsOf are those that addons need on a target, in the order of the
// addons. An addon in the user's hands needs them just as well.
func PermissionsOf(target string, addons []string) ([]Granted, error) {
	var all []Granted
	for _, name := range addons {
		addon, err := AddonOf(name)
		if err != nil {
			return nil, err
		}
		need, found := addon.Permissions[target]
		if !found {
			continue
		}
		if need.On != OnControlPlanes && need.On != OnNodes {
			return nil, fmt.Errorf("reading the permissions of addon %q on %s: on is %q; write %s or %s", name, target, need.On, OnControlPlanes, OnNodes)
		}
		all = append(all, Granted{Addon: name, Permissions: need})
	}
	return all, nil
}

// BringsCloudController tells whether one of the addons sets up nodes in their
// cloud's stead of the kubelet.
func BringsCloudController(addons []string) bool {
	for _, name := range addons {
		if addon, err := AddonOf(name); err == nil && addon.CloudController {
			return true
		}
	}
	return false
}
