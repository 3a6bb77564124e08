package aws

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// simulation is IAM's answer to SimulatePrincipalPolicy.
type simulation struct {
	Results []struct {
		Action   string   `xml:"EvalActionName"`
		Decision string   `xml:"EvalDecision"`
		Missing  []string `xml:"MissingContextValues>member"`
		Specific []struct {
			Missing []string `xml:"MissingContextValues>member"`
		} `xml:"ResourceSpecificResults>member"`
	} `xml:"SimulatePrincipalPolicyResult>EvaluationResults>member"`
	Marker string `xml:"SimulatePrincipalPolicyResult>Marker"`
}

// Denied asks IAM's policy simulator. What the simulator leaves open, because
// a policy looks at what it is not told, counts as allowed.
func (c *client) Denied(ctx context.Context, who string, actions []string, resource string) ([]string, error) {
	if strings.HasSuffix(who, ":root") {
		return nil, nil // may do everything, and has no policies to be asked for
	}
	principal, err := c.principal(ctx, who)
	if err != nil {
		return nil, err
	}
	form := url.Values{
		"Action": {"SimulatePrincipalPolicy"}, "Version": {"2010-05-08"}, "PolicySourceArn": {principal}, "ResourceArns.member.1": {resource},
	}
	for i, action := range actions {
		form.Set(fmt.Sprintf("ActionNames.member.%d", i+1), action)
	}
	for i, known := range [][2]string{{"iam:PassedToService", "ec2.amazonaws.com"}, {"aws:RequestedRegion", identityRegion(c.region)}} {
		entry := fmt.Sprintf("ContextEntries.member.%d.", i+1)
		form.Set(entry+"ContextKeyName", known[0])
		form.Set(entry+"ContextKeyType", "string")
		form.Set(entry+"ContextKeyValues.member.1", known[1])
	}
	var denied []string
	for {
		var answer simulation
		if err := c.iam(ctx, form, &answer); err != nil {
			return nil, err
		}
		for _, r := range answer.Results {
			open := len(r.Missing) > 0
			for _, s := range r.Specific {
				open = open || len(s.Missing) > 0
			}
			if r.Decision != "allowed" && !open && !slices.Contains(denied, r.Action) {
				denied = append(denied, r.Action)
			}
		}
		if answer.Marker == "" {
			return denied, nil
		}
		form.Set("Marker", answer.Marker)
	}
}

// principal is the user or the role whose policies hold for whoever asks. A
// session's name does not say its role's path, so the role is asked for.
func (c *client) principal(ctx context.Context, who string) (string, error) {
	kind, name, _ := strings.Cut(who[strings.LastIndex(who, ":")+1:], "/")
	switch kind {
	case "user":
		return who, nil
	case "assumed-role":
		role, _, _ := strings.Cut(name, "/")
		var answer struct {
			Arn string `xml:"GetRoleResult>Role>Arn"`
		}
		err := c.iam(ctx, url.Values{"Action": {"GetRole"}, "RoleName": {role}, "Version": {"2010-05-08"}}, &answer)
		return answer.Arn, err
	}
	return "", &live.Fault{Reason: live.NotFound, Err: errors.New("AWS can tell the rights of users and roles only, and you are " + who)}
}
