// Package azuretest is Azure in memory: every input is held against
// Microsoft's own description of its resource manager (types.json, see
// README.md), and against the rules that no description holds and that bite
// in reality.
package azuretest

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Subscription and Tenant are the cloud's: configs of tests must name the
// first.
const (
	Subscription = "00000000-1111-4222-8333-444444444444"
	Tenant       = "99999999-8888-4777-8666-555555555555"
)

// Provider is the name of the published provider that this stands for.
const Provider = "azure-native"

// New is an empty subscription.
func New() *targettest.Cloud {
	w, made := &world{}, map[string]targettest.Kind{}
	for token, k := range kinds(w) {
		made[token] = k.target(w)
	}
	w.Cloud = targettest.NewCloud(made)
	return w.Cloud
}

// world is what exists.
type world struct{ *targettest.Cloud }

// byID is the object with an ARM id; letters large and small are the same.
func (w *world) byID(id string) (targettest.Object, bool) {
	for _, o := range w.Objects() {
		if strings.EqualFold(o.ID, id) {
			return o, true
		}
	}
	return targettest.Object{}, false
}

var idForm = regexp.MustCompile(`(?i)^/subscriptions/[^/]+/resourceGroups/[^/]+/providers/Microsoft\.[a-z]+(/[^/]+/[^/]+)+$`)

// refuse is what Azure says when it comes to making something: what it refers
// to must be there.
func (w *world) refuse(k kind, name string, inputs object) error {
	self := k.id(name, inputs)
	if err := w.within(k, inputs); err != nil {
		return err
	}
	var missing error
	each("", inputs, func(path string, v any) {
		id, is := v.(string)
		if !is || !idForm.MatchString(id) || strings.HasPrefix(id, self+"/") || missing != nil {
			return
		}
		if !w.has(id) {
			missing = fmt.Errorf("%s refers to %s, which does not exist", path, id)
		}
	})
	if missing != nil || k.placed == nil {
		return missing
	}
	return k.placed(w, name, inputs)
}

// within demands that the group and the parent are there.
func (w *world) within(k kind, inputs object) error {
	self := k.id("", inputs)
	parts := strings.Split(self, "/")
	if group, ok := text(inputs, "resourceGroupName"); ok && k.name != "resourceGroupName" {
		if _, found := w.byID(strings.Join(parts[:5], "/")); !found {
			return fmt.Errorf("resource group %q does not exist", group)
		}
	}
	if k.parent != "" {
		if _, found := w.byID(strings.Join(parts[:9], "/")); !found {
			return fmt.Errorf("%s: %s does not exist", k.parent, strings.Join(parts[:9], "/"))
		}
	}
	return nil
}

// partLength is that of the id of an object of its own: what is longer is, or
// is a part of, an object within one.
const partLength = 9

// has tells whether an id is that of an object, or of a part that an object
// declares: a balancer's pool.
func (w *world) has(id string) bool {
	if _, found := w.byID(id); found {
		return true
	}
	parts := strings.Split(id, "/")
	if len(parts) != partLength+2 {
		return false
	}
	owner, found := w.byID(strings.Join(parts[:partLength], "/"))
	if !found {
		return false
	}
	for path := range items(plain(owner.Inputs), parts[partLength]) {
		if called, _ := text(plain(owner.Inputs), path+".name"); called == parts[partLength+1] {
			return true
		}
	}
	return false
}

// each calls back with every value and its path.
func each(path string, v any, found func(string, any)) {
	found(path, v)
	switch v := v.(type) {
	case object:
		for k, item := range v {
			each(strings.TrimPrefix(path+"."+k, "."), item, found)
		}
	case []any:
		for i, item := range v {
			each(fmt.Sprintf("%s[%d]", path, i), item, found)
		}
	}
}

func property(v string) resource.PropertyValue { return resource.NewProperty(v) }

// uuid is an id that Azure would have made up: another for each object.
func uuid(what string, serial int) string {
	return fmt.Sprintf("%08x-0000-4000-8000-%012x", len(what), serial)
}

// publicAddress is one that Azure would have picked.
func publicAddress(serial int) string {
	return netip.AddrFrom4([4]byte{203, 0, 113, byte(serial%250 + 1)}).String()
}
