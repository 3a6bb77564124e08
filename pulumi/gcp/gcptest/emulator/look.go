package emulator

import (
	"maps"
	"path"
	"slices"
)

// Objects are the links of all that exist, sorted. Roles that are deleted but
// still kept for those who regret it are not among them.
func (e *Emulator) Objects() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := slices.Sorted(maps.Keys(e.objects))
	return slices.DeleteFunc(all, func(link string) bool { return e.objects[link]["deleted"] == true })
}

// Granted are who has which role on what is under a link: members by role,
// sorted.
func (e *Emulator) Granted(link string) map[string][]string {
	e.mu.Lock()
	defer e.mu.Unlock()
	granted := map[string][]string{}
	for binding := range bindings(e.policyOf(link)) {
		granted[binding.role] = slices.Sorted(slices.Values(append(granted[binding.role], binding.member)))
	}
	return granted
}

// Object is what exists under a link; nil where nothing does.
func (e *Emulator) Object(link string) map[string]any {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.objects[link]
}

// Members are the machines in groups that were put there one by one, sorted.
func (e *Emulator) Members() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	var all []string
	for _, members := range e.members {
		all = append(all, members...)
	}
	slices.Sort(all)
	return all
}

// Change changes an object behind everybody's back.
func (e *Emulator) Change(link string, to map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	maps.Copy(e.objects[link], to)
}

// Have puts an object there that nobody asked for here.
func (e *Emulator) Have(link string, o map[string]any) {
	e.mu.Lock()
	defer e.mu.Unlock()
	o["selfLink"], o["id"], o["name"] = selfLinks+link, e.number(), path.Base(link)
	e.objects[link] = o
}

// Remove takes an object away behind everybody's back.
func (e *Emulator) Remove(link string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forget(link)
}

// Revoke takes a role away from a member behind everybody's back.
func (e *Emulator) Revoke(link, role, member string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	kept := []any{}
	for g := range bindings(e.policyOf(link)) {
		if g != (grant{role, member}) {
			kept = append(kept, object{"role": g.role, "members": []any{g.member}})
		}
	}
	e.policies[link] = object{"version": 1, "etag": e.print(), "bindings": kept}
}

// Fail makes the next call of a method fail, as if the user had no right to it.
func (e *Emulator) Fail(method string) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.failing[method] = true
}

// Refused are the requests that were not answered, and why. Questions for what
// does not exist are not among them.
func (e *Emulator) Refused() []string {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.refused)
}

// Asked are the methods that were called, with how often.
func (e *Emulator) Asked() map[string]int {
	e.mu.Lock()
	defer e.mu.Unlock()
	return maps.Clone(e.asked)
}
