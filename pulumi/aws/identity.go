package aws

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/pulumi/pulumi-aws/sdk/v6/go/aws/iam"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// readSecret is what every host may do: read the value of its bundle. What the
// cloud controller, a storage driver or the autoscaler may do, those addons
// declare (grants.go).
const readSecret = "secretsmanager:GetSecretValue"

// identity is what a host is to AWS.
type identity struct {
	profile *iam.InstanceProfile
}

// identities are those of control planes and of workers.
type identities struct {
	controlPlane, worker *identity
}

// identities makes both, each with the right to read its own bundles.
func (p *program) identities(of *bundles) (*identities, error) {
	granted, err := catalog.PermissionsOf(name, p.in.Cluster.EnabledAddons())
	if err != nil {
		return nil, err
	}
	controlPlane, err := p.identity(node.ControlPlane, []*bundle{of.controlPlane}, granted)
	if err != nil {
		return nil, err
	}
	var pools []*bundle
	for _, pool := range p.in.Cluster.Spec.Pools {
		pools = append(pools, of.pools[pool.Name])
	}
	workers, err := p.identity(worker, pools, granted)
	if err != nil {
		return nil, err
	}
	return &identities{controlPlane: controlPlane, worker: workers}, nil
}

// identity makes a role that machines can take on, and the profile that gives
// it to them.
func (p *program) identity(role string, of []*bundle, granted []catalog.Granted) (*identity, error) {
	resource := p.cluster + "-" + role
	called := roleName(p.cluster, p.block.Region, role)
	tags := pulumi.ToStringMap(p.tags(resource, role, ""))
	made, err := iam.NewRole(p.ctx, resource, &iam.RoleArgs{
		Name:             pulumi.String(called),
		Path:             pulumi.String("/" + family + "/"),
		Description:      pulumi.String(fmt.Sprintf("kubernetes-anywhere: every %s of cluster %s", role, p.cluster)),
		AssumeRolePolicy: pulumi.String(trust(p.block.Region)),
		Tags:             tags,
	}, p.with()...)
	if err != nil {
		return nil, declaring("role", called, err)
	}
	id := &identity{}
	for _, b := range of {
		read, err := iam.NewRolePolicy(p.ctx, b.resource, &iam.RolePolicyArgs{
			Name: pulumi.String("read-" + b.resource), Role: made.ID(), Policy: mayRead(b),
		}, p.with()...)
		if err != nil {
			return nil, declaring("policy of the role", called, err)
		}
		b.readable = read
	}
	if err := p.grant(role, made, granted); err != nil {
		return nil, err
	}
	id.profile, err = iam.NewInstanceProfile(p.ctx, resource, &iam.InstanceProfileArgs{
		Name: pulumi.String(called),
		Path: pulumi.String("/" + family + "/"),
		Role: made.ID(),
		Tags: tags,
	}, p.with()...)
	return id, declaring("instance profile", called, err)
}

// policy is a policy document of IAM.
type policy struct {
	Version   string
	Statement []statement
}

// statement is one right.
type statement struct {
	Effect    string
	Principal map[string]string `json:",omitempty"`
	Action    []string
	Resource  []string `json:",omitempty"`
	// Condition is by operator, then by key.
	Condition map[string]map[string]string `json:",omitempty"`
}

// document writes rights as a policy.
func document(rights ...statement) (string, error) {
	for i := range rights {
		rights[i].Effect = "Allow"
	}
	text, err := json.Marshal(policy{Version: "2012-10-17", Statement: rights})
	return string(text), err
}

// trust lets EC2, and nobody else, hand out a role.
func trust(region string) string {
	service := "ec2.amazonaws.com"
	if strings.HasPrefix(region, "cn-") {
		service += ".cn"
	}
	// Strings alone: it cannot fail.
	text, _ := document(statement{Principal: map[string]string{"Service": service}, Action: []string{"sts:AssumeRole"}})
	return text
}

// mayRead lets a role read one bundle: a policy for each, so that a pool that
// comes or goes is nothing to the others.
func mayRead(of *bundle) pulumi.StringOutput {
	return of.secret.Arn.ApplyT(func(arn string) (string, error) {
		return document(statement{Action: []string{readSecret}, Resource: []string{arn}})
	}).(pulumi.StringOutput)
}
