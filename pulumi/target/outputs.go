package target

import (
	"encoding/json"
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Names of the stack outputs that every target exports:
//
//	endpoint      "https://127.0.0.1:6443"
//	nodeEndpoint  "10.89.0.2:6443"
//	hosts         [{"name", "role", "pool", "address", "zone", "providerID"}, …]
//	pools         [{"name", "group", "count", "max"}, …]
//	ca            {"certificate", "key"}, a secret
//	bootstrapToken  "id.secret", a secret
//	rotation      {"stage", "last"}: see package credentials; may be absent
const (
	endpointOutput     = "endpoint"
	nodeEndpointOutput = "nodeEndpoint"
	hostsOutput        = "hosts"
	poolsOutput        = "pools"
	caOutput           = "ca"
	tokenOutput        = "bootstrapToken"
	rotationOutput     = "rotation"
)

// Exports are Outputs while the program still runs.
type Exports struct {
	Endpoint     pulumi.StringInput
	NodeEndpoint pulumi.StringInput
	Hosts        []HostExport
	Pools        []PoolExport
	// CACertificate and CAKey are the cluster authority in PEM.
	CACertificate, CAKey pulumi.StringInput
	BootstrapToken       pulumi.StringInput
	// RotationStage and RotationLast are the credentials' outputs of these
	// names; a target that has none leaves them nil.
	RotationStage, RotationLast pulumi.StringInput
}

// HostExport is a Host while the program still runs.
type HostExport struct {
	Name, Role, Pool, Zone string
	Address, ProviderID    pulumi.StringInput
}

// PoolExport is a Pool while the program still runs.
type PoolExport struct {
	Name       string
	Group      pulumi.StringInput
	Count, Max int
}

// Export declares the stack's outputs in the shape that ParseOutputs reads.
func Export(ctx *pulumi.Context, out Exports) {
	hosts := pulumi.Array{}
	for _, host := range out.Hosts {
		hosts = append(hosts, pulumi.Map{
			"name":       pulumi.String(host.Name),
			"role":       pulumi.String(host.Role),
			"pool":       pulumi.String(host.Pool),
			"zone":       pulumi.String(host.Zone),
			"address":    host.Address,
			"providerID": host.ProviderID,
		})
	}
	pools := pulumi.Array{}
	for _, pool := range out.Pools {
		pools = append(pools, pulumi.Map{
			"name":  pulumi.String(pool.Name),
			"group": pool.Group,
			"count": pulumi.Int(pool.Count),
			"max":   pulumi.Int(pool.Max),
		})
	}
	ctx.Export(poolsOutput, pools)
	ctx.Export(endpointOutput, out.Endpoint)
	ctx.Export(nodeEndpointOutput, out.NodeEndpoint)
	ctx.Export(hostsOutput, hosts)
	ctx.Export(caOutput, pulumi.ToSecret(pulumi.Map{
		"certificate": out.CACertificate,
		"key":         out.CAKey,
	}))
	ctx.Export(tokenOutput, pulumi.ToSecret(out.BootstrapToken))
	if out.RotationStage != nil && out.RotationLast != nil {
		ctx.Export(rotationOutput, pulumi.Map{"stage": out.RotationStage, "last": out.RotationLast})
	}
}

// ParseOutputs reads what Export declared, from the plain values of a stack's
// outputs with its secrets decrypted.
func ParseOutputs(values map[string]any) (Outputs, error) {
	var shape struct {
		Endpoint     string          `json:"endpoint"`
		NodeEndpoint string          `json:"nodeEndpoint"`
		Hosts        []Host          `json:"hosts"`
		Pools        []Pool          `json:"pools"`
		CA           *node.Authority `json:"ca"`
		Token        string          `json:"bootstrapToken"`
		Rotation     Rotation        `json:"rotation"`
	}
	for _, name := range []string{endpointOutput, nodeEndpointOutput, hostsOutput, caOutput, tokenOutput} {
		if _, found := values[name]; !found {
			return Outputs{}, fmt.Errorf("reading the stack's outputs: %q is missing; run 'kubectl anywhere create' to complete the cluster", name)
		}
	}
	data, err := json.Marshal(values)
	if err != nil {
		return Outputs{}, fmt.Errorf("reading the stack's outputs: %w", err)
	}
	if err := json.Unmarshal(data, &shape); err != nil {
		return Outputs{}, fmt.Errorf("reading the stack's outputs: %w; the state was written by another version", err)
	}
	if shape.CA == nil || shape.CA.Key == "" {
		return Outputs{}, fmt.Errorf("reading the stack's outputs: %q has no key; its secrets must be decrypted first", caOutput)
	}
	return Outputs{
		Endpoint:       shape.Endpoint,
		NodeEndpoint:   shape.NodeEndpoint,
		Hosts:          shape.Hosts,
		Pools:          shape.Pools,
		CA:             *shape.CA,
		BootstrapToken: shape.Token,
		Rotation:       shape.Rotation,
	}, nil
}
