package aws

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// rights finds what whoever asks is not allowed to do with the roles of hosts:
// rights that many who may make machines do not have. AWS can say so only of
// what has a name beforehand, which networks and machines have not.
func (f *flight) rights(ctx context.Context) []diag.Problem {
	account := strings.Split(f.who, ":") // arn:PARTITION:SERVICE::ACCOUNT:WHO
	if len(account) < 6 {
		return nil
	}
	var missing []string
	for _, r := range identityRights() {
		if r.spare {
			continue
		}
		kind := strings.Split(r.on, ":")[5] // role/…/*
		name := strings.TrimSuffix(kind, "*") + roleName(f.in.Cluster.Metadata.Name, f.block.Region, node.ControlPlane)
		denied, err := f.api.Denied(ctx, f.who, r.permissions(), fmt.Sprintf("arn:%s:iam::%s:%s", account[1], account[4], name))
		var refused *live.Fault
		switch {
		case errors.As(err, &refused):
			// Not everyone who may make roles may ask: the calls will tell.
			return nil
		case err != nil:
			return []diag.Problem{f.unanswered("asking what you may do", err)}
		}
		missing = append(missing, denied...)
	}
	if len(missing) == 0 {
		return nil
	}
	slices.Sort(missing)
	return []diag.Problem{{
		Message: fmt.Sprintf("%s may not, with the roles that hosts are to have: %s", f.who, strings.Join(slices.Compact(missing), ", ")),
		Fix: "have the policy of docs/targets/permissions/aws-policy.json given to it: aws iam create-policy --policy-name kubernetes-anywhere " +
			"--policy-document file://aws-policy.json, then " + attach(f.who),
	}}
}

// attach is how a policy is given to whoever asks.
func attach(who string) string {
	kind, name, _ := strings.Cut(who[strings.LastIndex(who, ":")+1:], "/")
	account := strings.Split(who, ":")
	policy := fmt.Sprintf("--policy-arn arn:%s:iam::%s:policy/kubernetes-anywhere", account[1], account[4])
	switch kind {
	case "user":
		return "aws iam attach-user-policy --user-name " + name[strings.LastIndex(name, "/")+1:] + " " + policy
	case "assumed-role":
		role, _, _ := strings.Cut(name, "/")
		if set, sso := strings.CutPrefix(role, "AWSReservedSSO_"); sso {
			return "add it to the permission set " + set[:max(strings.LastIndex(set, "_"), 0)] + " of IAM Identity Center"
		}
		return "aws iam attach-role-policy --role-name " + role + " " + policy
	}
	return "give it to who you are"
}
