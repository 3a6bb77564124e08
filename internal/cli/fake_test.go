package cli

import (
	"bytes"
	"context"
	"crypto/x509"
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine/enginetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// fakeTarget makes things of a world that are called like hosts. A thing's
// shape, which cannot be changed, is the node CIDR. The engine is the real one.
type fakeTarget struct {
	name     string
	world    *enginetest.World
	problems []diag.Problem
	before   string
	left     []string
	// trusting has hosts made of the names of the authorities, and value is
	// what they are told before those: an update, where it is another.
	trusting bool
	value    string
	// observed is called at each look, where it is given.
	observed func()
	// done are hosts whose phase 2 is over.
	done map[string]bool
}

var _ target.Target = (*fakeTarget)(nil)

type fakeBlock struct{}

func (*fakeBlock) Default(*config.Cluster)                        {}
func (*fakeBlock) Validate(*config.Cluster) []config.FieldProblem { return nil }

func (f *fakeTarget) Name() string        { return f.name }
func (f *fakeTarget) Block() config.Block { return &fakeBlock{} }

func (f *fakeTarget) Preflight(context.Context, target.Inputs) []diag.Problem { return f.problems }

func (f *fakeTarget) Providers() map[string]target.Provider {
	return map[string]target.Provider{
		enginetest.Package:  f.world.Provider,
		credentials.Package: credentials.NewProvider,
	}
}

func hostsOf(c *config.Cluster) []target.HostExport {
	var hosts []target.HostExport
	for _, name := range c.ControlPlaneNames() {
		hosts = append(hosts, target.HostExport{Name: name, Role: node.ControlPlane, Address: pulumi.String("192.0.2.1"), ProviderID: pulumi.String("")})
	}
	for _, pool := range c.Spec.Pools {
		for _, name := range pool.NodeNames(c.Metadata.Name) {
			hosts = append(hosts, target.HostExport{Name: name, Role: node.Worker, Pool: pool.Name, Address: pulumi.String("192.0.2.2"), ProviderID: pulumi.String("")})
		}
	}
	return hosts
}

func (f *fakeTarget) Program(in target.Inputs) pulumi.RunFunc {
	return func(ctx *pulumi.Context) error {
		secrets, err := credentials.NewCredentials(ctx, "credentials", in.Cluster.Metadata.Name, in.Rotation)
		if err != nil {
			return err
		}
		hosts := hostsOf(in.Cluster)
		told := pulumi.String("a host").ToStringOutput()
		if f.trusting {
			told = secrets.CACertificate.ApplyT(func(document string) string { return f.value + namesOf(document) }).(pulumi.StringOutput)
		}
		for _, host := range hosts {
			if _, err := enginetest.Declare(ctx, host.Name, told, in.Cluster.Spec.Network.NodeCIDR); err != nil {
				return err
			}
		}
		target.Export(ctx, target.Exports{
			// Nothing listens on the discard port.
			Endpoint: pulumi.String("https://127.0.0.1:9"), NodeEndpoint: pulumi.String("192.0.2.1:6443"),
			Hosts: hosts, CACertificate: secrets.CACertificate, CAKey: secrets.CAKey, BootstrapToken: secrets.BootstrapToken,
			RotationStage: secrets.RotationStage, RotationLast: secrets.RotationLast,
		})
		return nil
	}
}

// namesOf are the names of the authorities of a PEM document.
func namesOf(document string) string {
	names := ""
	for rest := []byte(document); ; {
		var block *pem.Block
		if block, rest = pem.Decode(rest); block == nil {
			return names
		}
		if certificate, err := x509.ParseCertificate(block.Bytes); err == nil {
			names += " " + certificate.Subject.CommonName
		}
	}
}

func (f *fakeTarget) Observe(_ context.Context, _ *config.Cluster, out target.Outputs) ([]target.Observation, error) {
	var seen []target.Observation
	if f.observed != nil {
		f.observed()
	}
	for _, host := range out.Hosts {
		o := target.Observation{Host: host, Before: f.before, Log: []string{"the last line"}}
		if f.done[host.Name] {
			o.Status = &node.Status{State: node.Done}
		}
		seen = append(seen, o)
	}
	return seen, nil
}

func (f *fakeTarget) Leftovers(context.Context, *config.Cluster) ([]string, error) {
	return f.left, nil
}

// bench is a user's machine: a home, a folder to work in, and the command.
type bench struct {
	*fakeTarget
	env  Environment
	home string
	out  bytes.Buffer
	err  bytes.Buffer
}

func newBench(t *testing.T) *bench {
	t.Helper()
	folder := t.TempDir()
	b := &bench{home: filepath.Join(folder, "home")}
	for _, dir := range []string{b.home, filepath.Join(folder, "work")} {
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("HOME", b.home)
	t.Setenv("KUBECONFIG", filepath.Join(folder, "kubeconfig")) // client-go has asked for the home before
	t.Setenv("KUBERNETES_ANYWHERE_CACHE", filepath.Join(folder, "cache"))
	t.Chdir(filepath.Join(folder, "work"))
	b.fakeTarget = &fakeTarget{name: "local", world: enginetest.NewWorld(), before: "booting"}
	b.env = Environment{
		IOStreams: genericiooptions.IOStreams{In: &bytes.Buffer{}, Out: &b.out, ErrOut: &b.err},
		Targets:   []target.Target{b.fakeTarget},
		Getenv:    func(string) string { return "" },
		Reachable: func(context.Context, string) error { return nil },
	}
	return b
}

// run runs a command and returns its exit code and what it said on each stream.
func (b *bench) run(t *testing.T, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	return b.runIn(t, t.Context(), args...)
}

func (b *bench) runIn(t *testing.T, ctx context.Context, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	b.out.Reset()
	b.err.Reset()
	root := New(b.env)
	root.SetArgs(args)
	code = Report(&b.err, root.ExecuteContext(ctx))
	t.Logf("kubectl anywhere %q exited %d\n%s%s", args, code, b.out.String(), b.err.String())
	return code, b.out.String(), b.err.String()
}

// write writes a config, changed from a small one as said, and returns its path.
func write(t *testing.T, name string, change func(*config.Cluster)) string {
	t.Helper()
	c := config.New("local", nil)
	c.Metadata.Name = "a"
	c.Spec.Pools = []config.Pool{{Name: "workers", Count: 1}}
	if change != nil {
		change(c)
	}
	data, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// untouched fails the test where the user's home holds anything of ours.
func (b *bench) untouched(t *testing.T) {
	t.Helper()
	if entries, _ := os.ReadDir(b.home); len(entries) > 0 {
		t.Errorf("something was left in the home: %v", entries)
	}
}
