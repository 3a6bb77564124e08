package emulator

import (
	"fmt"
	"iter"
	"net/http"
	"strings"
)

// owner has every project before anybody grants anything: whoever changes a
// policy must leave this as it is.
const owner = "user:owner@example.org"

// policy answers what is asked of who may do what with something.
func (e *Emulator) policy(c *call, link string) (any, error) {
	if c.verb() != "setIamPolicy" {
		return e.policyOf(link), nil
	}
	policy, _ := c.body["policy"].(map[string]any)
	return e.setPolicy(link, policy)
}

// policyOf is who may do what with something: nobody, as long as nobody said,
// but for projects.
func (e *Emulator) policyOf(link string) object {
	if kept := e.policies[link]; kept != nil {
		return kept
	}
	fresh := object{"etag": "ACAB", "version": 1}
	if strings.Count(link, "/") == 1 {
		fresh["bindings"] = []any{object{"role": "roles/owner", "members": []any{owner}}}
	}
	return fresh
}

// setPolicy keeps a policy that was made from the present one, and of which
// what is new names accounts and roles that exist.
func (e *Emulator) setPolicy(link string, policy object) (any, error) {
	present, known := e.policyOf(link), map[grant]bool{}
	if of := policy["etag"]; of != nil && of != present["etag"] {
		return nil, refuse(http.StatusConflict, "There were concurrent policy changes. Please retry the whole read-modify-write with exponential backoff.")
	}
	for g := range bindings(present) {
		known[g] = true
	}
	project, _, _ := strings.Cut(strings.TrimPrefix(link, "projects/"), "/")
	for g := range bindings(policy) {
		if known[g] {
			continue
		}
		email, is := strings.CutPrefix(g.member, "serviceAccount:")
		if is && e.objects["projects/"+project+"/serviceAccounts/"+email] == nil {
			return nil, refuse(http.StatusBadRequest, "Service account %s does not exist.", email)
		}
		role := e.objects[g.role]
		if !strings.HasPrefix(g.role, "roles/") && (role == nil || role["deleted"] == true) {
			return nil, refuse(http.StatusBadRequest, "Role (%s) does not exist in the resource's hierarchy.", g.role)
		}
	}
	kept := object{"version": 1, "etag": e.print()}
	if given, _ := policy["bindings"].([]any); len(given) > 0 {
		kept["bindings"] = given
	}
	e.policies[link] = kept
	return kept, nil
}

// grant is one role of one member.
type grant struct{ role, member string }

// bindings are all that a policy grants.
func bindings(policy object) iter.Seq[grant] {
	return func(yield func(grant) bool) {
		all, _ := policy["bindings"].([]any)
		for _, item := range all {
			binding, _ := item.(map[string]any)
			members, _ := binding["members"].([]any)
			for _, member := range members {
				if !yield(grant{fmt.Sprint(binding["role"]), fmt.Sprint(member)}) {
					return
				}
			}
		}
	}
}

// orphan writes into every policy that an account is gone, as Google does: its
// grants stay, under a name that nobody has.
func (e *Emulator) orphan(email, number string) {
	for _, policy := range e.policies {
		all, _ := policy["bindings"].([]any)
		for _, item := range all {
			binding, _ := item.(map[string]any)
			members, _ := binding["members"].([]any)
			for i, member := range members {
				if member == "serviceAccount:"+email {
					members[i] = "deleted:serviceAccount:" + email + "?uid=" + number
				}
			}
		}
	}
}
