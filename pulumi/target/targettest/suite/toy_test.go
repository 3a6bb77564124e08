package suite

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// toy is a target of a cloud that has six types, to test the suite with.
type toy struct {
	// flaw is what is wrong with it; empty for nothing.
	flaw string
}

var _ target.Target = toy{}

type toyBlock struct {
	Network string        `json:"network"`
	Zones   []string      `json:"zones"`
	OS      string        `json:"os"`
	Access  target.Access `json:"access"`
}

func (b *toyBlock) Default(c *config.Cluster) {
	if b.OS == "" {
		b.OS = target.Debian
	}
	target.DefaultMachines(c, map[string]string{target.AMD64: "std-2", target.ARM64: "arm-2"}, []string{"a"})
	b.Access.Default()
}

func (b *toyBlock) Validate(*config.Cluster) []config.FieldProblem {
	return b.Access.Validate("access")
}

// Flaws that a toy can have.
const (
	restless = "restless" // is never the same twice
	leaky    = "leaky"    // tells a secret
	careless = "careless" // replaces etcd's disk with the machine
	tangled  = "tangled"  // changes something else with a pool
	wordy    = "wordy"    // says more than once how many nodes there are
)

// note is what the toy's firewall says, and should not.
func (t toy) note(cluster *config.Cluster, secrets *credentials.Credentials) pulumi.StringInput {
	var said []string
	for _, p := range cluster.Spec.Pools {
		switch t.flaw {
		case tangled:
			said = append(said, p.Machine.Type)
		case wordy:
			said = append(said, fmt.Sprint(p.Count))
		}
	}
	switch t.flaw {
	case restless:
		said = append(said, time.Now().String())
	case leaky:
		return pulumi.Unsecret(secrets.BootstrapToken).(pulumi.StringOutput)
	}
	return pulumi.String(strings.Join(said, " "))
}

func (toy) Name() string                                                 { return "toy" }
func (toy) Block() config.Block                                          { return &toyBlock{} }
func (toy) Preflight(context.Context, target.Inputs) []diag.Problem      { return nil }
func (toy) Leftovers(context.Context, *config.Cluster) ([]string, error) { return nil, nil }

func (toy) Providers() map[string]target.Provider {
	return map[string]target.Provider{credentials.Package: credentials.NewProvider}
}

func (toy) Observe(context.Context, *config.Cluster, target.Outputs) ([]target.Observation, error) {
	return nil, nil
}

// thing is any resource of the toy cloud.
type thing struct {
	pulumi.CustomResourceState
	Address pulumi.StringOutput `pulumi:"address"`
}

// maker declares things until one fails.
type maker struct {
	ctx *pulumi.Context
	in  target.Inputs
	err error
}

func (m *maker) make(kind, name, role, pool string, inputs pulumi.Map, options ...pulumi.ResourceOption) *thing {
	made := &thing{}
	if m.err != nil {
		return made
	}
	inputs["labels"] = pulumi.ToStringMap(target.HostLabels(m.in.Cluster.Metadata.Name, role, pool))
	m.err = m.ctx.RegisterResource("toy:index:"+kind, name, inputs, made, options...)
	return made
}

func (t toy) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		m, cluster, b := &maker{ctx: ctx, in: in}, in.Cluster.Metadata.Name, in.Cluster.Spec.Block.(*toyBlock)
		secrets, err := credentials.NewCredentials(ctx, "credentials", cluster, in.Rotation)
		if err != nil {
			return err
		}
		var network pulumi.StringInput = pulumi.String(b.Network)
		if b.Network == "" {
			network = m.make("Network", cluster, "", "", pulumi.Map{"cidr": pulumi.String(in.Cluster.Spec.Network.NodeCIDR)}).ID().ToStringOutput()
		}
		m.make("Firewall", cluster+"-api", "", "", pulumi.Map{
			"network": network, "open": pulumi.Bool(!b.Access.PrivateEndpoint), "port": pulumi.Int(6443),
			"note": t.note(in.Cluster, secrets),
		})
		bundles := target.Bundles{
			Inputs: in, Credentials: secrets, Cloud: node.GCP, Endpoint: pulumi.String("10.240.0.9:6443"),
		}
		out := target.Exports{
			NodeEndpoint: bundles.Endpoint, Endpoint: pulumi.String("https://192.0.2.1:6443"),
			CACertificate: secrets.CACertificate, CAKey: secrets.CAKey, BootstrapToken: secrets.BootstrapToken,
		}
		if b.Access.PrivateEndpoint {
			out.Endpoint = pulumi.String("https://10.240.0.9:6443")
		}
		for n := range in.Cluster.Spec.ControlPlane.Count {
			name := target.ControlPlaneName(cluster, n+1)
			bundles.Members = append(bundles.Members, target.MemberInput{Name: name, Address: pulumi.Sprintf("10.240.0.%d", n+10)})
		}
		t.controlPlanes(m, b, network, bundles, &out)
		t.pools(m, b, network, bundles, &out)
		target.Export(ctx, out)
		return m.err
	}
}

func (t toy) controlPlanes(m *maker, b *toyBlock, network pulumi.StringInput, bundles target.Bundles, out *target.Exports) {
	cluster, bundle := m.in.Cluster.Metadata.Name, bundles.ControlPlane()
	secret := m.make("Secret", cluster+"-control-plane", node.ControlPlane, "", pulumi.Map{"data": bundle})
	for n, member := range bundles.Members {
		size := pulumi.Map{"sizeGB": pulumi.Int(m.in.Cluster.Spec.ControlPlane.EtcdDiskGB)}
		if t.flaw == careless {
			size["image"] = pulumi.String(m.in.BootstrapImage)
		}
		disk := m.make("Disk", target.EtcdDiskName(cluster, n+1), node.ControlPlane, "", size, pulumi.DeleteBeforeReplace(true))
		m.make("Machine", member.Name, node.ControlPlane, "", pulumi.Map{
			"network": network, "address": member.Address, "disk": disk.ID(), "os": pulumi.String(b.OS),
			"type":     pulumi.String(m.in.Cluster.Spec.ControlPlane.Machine.Type),
			"userData": target.BootScript(m.in, pulumi.Sprintf("toy://%s", secret.ID()), bundle),
		}, pulumi.DeleteBeforeReplace(true))
		out.Hosts = append(out.Hosts, target.HostExport{
			Name: member.Name, Role: node.ControlPlane, Address: member.Address, ProviderID: pulumi.String("toy://" + member.Name),
		})
	}
}

func (toy) pools(m *maker, b *toyBlock, network pulumi.StringInput, bundles target.Bundles, out *target.Exports) {
	for _, p := range m.in.Cluster.Spec.Pools {
		name, bundle := fmt.Sprintf("%s-%s", m.in.Cluster.Metadata.Name, p.Name), bundles.Worker(p.Name)
		secret := m.make("Secret", name, node.Worker, p.Name, pulumi.Map{"data": bundle})
		var options []pulumi.ResourceOption
		if p.Max > 0 {
			options = append(options, pulumi.IgnoreChanges([]string{"count"}))
		}
		group := m.make("Group", name, node.Worker, p.Name, pulumi.Map{
			"network": network, "count": pulumi.Int(p.Count), "type": pulumi.String(p.Machine.Type), "os": pulumi.String(b.OS),
			"userData": target.BootScript(m.in, pulumi.Sprintf("toy://%s", secret.ID()), bundle),
		}, options...)
		out.Pools = append(out.Pools, target.PoolExport{Name: p.Name, Group: group.ID().ToStringOutput(), Count: p.Count, Max: p.Max})
	}
}
