package gcp

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// shownRights is how many missing permissions are named one by one.
const shownRights = 4

// rights finds what whoever asks is not allowed of what this config takes.
func (f *flight) rights(ctx context.Context) []diag.Problem {
	var wanted []string
	for _, n := range f.required() {
		wanted = append(wanted, n.permissions()...)
	}
	slices.Sort(wanted)
	missing, err := f.api.Missing(ctx, slices.Compact(wanted))
	var refused *live.Fault
	switch {
	case errors.As(err, &refused) && refused.Reason == "", live.Because(err, live.Denied), live.Because(err, live.NotFound):
		// Google does not take the question: the calls themselves will tell.
		return nil
	case err != nil:
		return []diag.Problem{f.unanswered("asking what you may do", err)}
	case len(missing) == 0:
		return nil
	}
	return []diag.Problem{{
		Path:    "spec.gcp.project",
		Message: fmt.Sprintf("in project %q, %s may not: %s", f.block.Project, f.api.Who(), some(missing)),
		Fix:     f.give(missing),
	}}
}

// required are those that a cluster of this config cannot be made without.
func (f *flight) required() []requirement {
	return slices.DeleteFunc(required(), func(n requirement) bool { return n.spare || n.when != nil && !n.when(f.in.Cluster) })
}

// give is how to be allowed what is missing: the predefined roles, as few as
// there are that have it.
func (f *flight) give(missing []string) string {
	var commands []string
	for _, n := range f.required() {
		command := fmt.Sprintf("gcloud projects add-iam-policy-binding %s --member %s --role %s", f.block.Project, member(f.api.Who()), n.role)
		lacks := slices.ContainsFunc(n.permissions(), func(permission string) bool { return slices.Contains(missing, permission) })
		if lacks && !slices.Contains(commands, command) {
			commands = append(commands, command)
		}
	}
	return "have an owner of the project type: " + strings.Join(commands, "; ") +
		"; or give the one role of docs/targets/permissions/gcp-role.yaml"
}

// some names a few of many.
func some(permissions []string) string {
	if more := len(permissions) - shownRights; more > 1 {
		return fmt.Sprintf("%s and %d more", strings.Join(permissions[:shownRights], ", "), more)
	}
	return strings.Join(permissions, ", ")
}
