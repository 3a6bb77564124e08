package membership

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"k8s.io/apimachinery/pkg/util/validation"
)

// InitOptions is what a cluster is to be, and the host that is its first.
type InitOptions struct {
	// Host is how the host is reached and where what happens is said.
	Host host.Options
	// Config is the config object, JSON or YAML; nil takes what the host was
	// made with before, or else all defaults. ConfigName is what problems call
	// the file.
	Config     []byte
	ConfigName string
	// Interfaces are the host's.
	Interfaces Interfaces
	// Name and Address are the host's own where empty.
	Name, Address string
	// NodeCIDR is the network of the hosts where the config does not say; if
	// both are empty it is that of the host's address.
	NodeCIDR string
	// ExtraSANs are further names and addresses that users reach the API by.
	ExtraSANs []string
	// ImageArchive is the path on the host of an archive of images; empty where
	// there is none besides the default one.
	ImageArchive string
	// Untaint lets ordinary pods run on this control plane.
	Untaint bool
	// TokenTTL is how long hosts may join with the tokens that are made.
	TokenTTL time.Duration
	// Image is the bootstrap image that the lines name; empty is the one that
	// the cluster runs.
	Image string
	// Out gets the lines to paste.
	Out io.Writer
}

// initiation is one making of a cluster.
type initiation struct {
	InitOptions
	// kept is what a run before has made of this host; nil if there was none.
	kept     *node.Bundle
	said     said
	cluster  config.Cluster
	endpoint string
	self     node.Member
	bundle   node.Bundle
}

// Init makes this host the first control plane of a cluster, and prints how
// others join. Run again it changes nothing and prints fresh lines.
func Init(ctx context.Context, o InitOptions) error {
	i := &initiation{InitOptions: o}
	for _, step := range []func(context.Context) error{
		i.readKept, i.loadConfig, i.checkCluster, i.chooseName, i.chooseAddress, i.checkNames, i.makeBundle, i.apply, i.invite,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// readKept finds out whether this host is a control plane already. Its secrets
// were written with the first file that the bootstrap put on the host, so a run
// that was killed goes on with the same.
func (i *initiation) readKept(context.Context) error {
	var err error
	i.kept, err = files{i.Host.HostRoot}.kept()
	if err != nil {
		return err
	}
	if i.kept != nil && !i.kept.Standalone {
		return fmt.Errorf("making a cluster: this host is a control plane of cluster %q, which 'kubectl anywhere create' made; "+
			"to begin anew run 'reset' of the bootstrap image first", i.kept.Cluster.Metadata.Name)
	}
	return nil
}

// checkCluster refuses to make something else of a host that is done.
func (i *initiation) checkCluster(context.Context) error {
	if i.kept == nil {
		return nil
	}
	was, is := i.kept.Cluster, i.cluster
	if was.Metadata.Name != is.Metadata.Name {
		return fmt.Errorf("making the cluster %q: this host is a control plane of cluster %q; to begin anew run 'reset' of the bootstrap image first",
			is.Metadata.Name, was.Metadata.Name)
	}
	for _, field := range []struct{ name, was, is string }{
		{"podCIDR", was.Spec.Network.PodCIDR, is.Spec.Network.PodCIDR},
		{"serviceCIDR", was.Spec.Network.ServiceCIDR, is.Spec.Network.ServiceCIDR},
		{"dnsDomain", was.Spec.Network.DNSDomain, is.Spec.Network.DNSDomain},
		{"layer", was.Spec.Network.Layer, is.Spec.Network.Layer},
	} {
		if field.was != field.is {
			return input("changing spec.network.%s from %s to %s: a cluster keeps it for life; write %s", field.name, field.was, field.is, field.was)
		}
	}
	return nil
}

func (i *initiation) chooseName(context.Context) error {
	hostname, err := i.Host.Network.Hostname()
	if err != nil {
		return fmt.Errorf("reading the host's name: %w", err)
	}
	i.self.Name, err = nodeName(i.Name, hostname)
	return err
}

// makeBundle completes what this host is to become.
func (i *initiation) makeBundle(context.Context) error {
	root := files{i.Host.HostRoot}
	archive, err := root.archive(i.ImageArchive)
	if err != nil {
		return err
	}
	i.bundle = node.Bundle{
		APIVersion: node.APIVersion, Kind: node.Kind, Role: node.ControlPlane,
		Cluster: i.cluster, Endpoint: node.BalancerEndpoint, Balanced: true, Standalone: true,
		ControlPlanes: []node.Member{i.self}, ImageArchive: archive, Untainted: i.Untaint,
		ExtraSANs: i.names(),
	}
	if i.kept == nil {
		i.bundle.Credentials, err = node.NewCredentials(i.cluster.Metadata.Name, i.Host.Now(), i.Host.Rand)
		// Tokens are made when the cluster runs, each for a while.
		i.bundle.Credentials.BootstrapToken = ""
		return err
	}
	i.bundle.Credentials = i.kept.Credentials
	i.bundle.ControlPlanes = i.kept.ControlPlanes
	if i.ImageArchive == "" {
		i.bundle.ImageArchive = i.kept.ImageArchive
	}
	i.bundle.Untainted = i.Untaint || i.kept.Untainted
	return i.recognise()
}

// names are those that the API server's certificate is to hold, with those
// that it holds already.
func (i *initiation) names() []string {
	names := slices.Clone(i.ExtraSANs)
	if i.endpoint != "" {
		name := i.endpoint
		if host, _, err := net.SplitHostPort(name); err == nil {
			name = host
		}
		names = append(names, name)
	}
	if i.kept != nil {
		names = append(names, i.kept.ExtraSANs...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// checkNames refuses what no certificate can hold.
func (i *initiation) checkNames(context.Context) error {
	for _, name := range i.names() {
		if net.ParseIP(name) == nil && len(validation.IsDNS1123Subdomain(name)) > 0 {
			return input("naming the API server %q: it is neither an address nor a DNS name; write --extra-san, and spec.baremetal.endpoint, without a scheme and in lower case", name)
		}
	}
	return nil
}

// recognise keeps a host that is done what it is: a member has its name and
// its address for life.
func (i *initiation) recognise() error {
	for _, member := range i.kept.ControlPlanes {
		if member.Address != i.self.Address {
			continue
		}
		if i.Name != "" && member.Name != i.Name {
			return input("naming this node %q: it is %q already; leave --name out, or run 'reset' of the bootstrap image first", i.Name, member.Name)
		}
		i.self = member
		return nil
	}
	return fmt.Errorf("recognising this host: its address is %s, and as a control plane of cluster %q it was another; give that as --address",
		i.self.Address, i.kept.Cluster.Metadata.Name)
}

// apply makes the host what the bundle says.
func (i *initiation) apply(ctx context.Context) error {
	document, err := json.Marshal(i.bundle)
	if err != nil {
		return fmt.Errorf("encoding the bundle of this host: %w", err)
	}
	apply := i.Host
	apply.Bundle, apply.Stdin, apply.BundleSHA256 = "-", bytes.NewReader(document), ""
	return host.Apply(ctx, apply)
}

// invite makes two tokens and prints the lines that go with them.
func (i *initiation) invite(ctx context.Context) error {
	inviter, err := newInviter(i.Host, i.Image)
	if err != nil {
		return err
	}
	defer inviter.Close()
	worker, err := inviter.Line(ctx, Invitation{TTL: i.TokenTTL, Pool: firstPool(i.cluster)})
	if err != nil {
		return err
	}
	controlPlane, err := inviter.Line(ctx, Invitation{TTL: i.TokenTTL, ControlPlane: true})
	if err != nil {
		return err
	}
	server := net.JoinHostPort(i.self.Address, "6443")
	if i.endpoint != "" {
		server = i.endpoint
	}
	var text strings.Builder
	fmt.Fprintf(&text, "\nCluster %q runs. Its API is https://%s, and on this host\n\n  %s\n\nis the administrator's kubeconfig: keep it as you would a key.\n",
		i.cluster.Metadata.Name, server, node.AdminPath)
	fmt.Fprintf(&text, "\nUntil %s a worker joins by\n\n  %s\n", ends(worker), worker.Command)
	fmt.Fprintf(&text, "\nand a further control plane by\n\n  %s\n", controlPlane.Command)
	fmt.Fprintf(&text, "\nThe last line opens the cluster's keys to whoever has it. New lines: 'token create'.\n")
	_, err = io.WriteString(i.Out, text.String())
	return err
}

func ends(line Line) string { return line.Ends.UTC().Format("2006-01-02 15:04 UTC") }

// firstPool is the pool to name where there are several to choose from.
func firstPool(cluster config.Cluster) string {
	if len(cluster.Spec.Pools) > 1 {
		return cluster.Spec.Pools[0].Name
	}
	return ""
}
