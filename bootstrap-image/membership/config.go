package membership

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/netip"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"sigs.k8s.io/yaml"
)

// bareMetal is the target of clusters that no phase 1 makes.
const bareMetal = "baremetal"

// block is the target's block of the config. Its fields are phase 1's, which
// reads them strictly; here only one of them means something.
type block map[string]any

var (
	_ config.Block    = (*block)(nil)
	_ config.Families = (*block)(nil)
)

// DualStack implements config.Families as the target's own block does.
func (*block) DualStack() bool { return true }

// Default implements config.Block.
func (*block) Default(*config.Cluster) {}

// Validate implements config.Block.
func (*block) Validate(*config.Cluster) []config.FieldProblem { return nil }

// endpoint is the name or address that users reach the API by; may be empty.
func (b block) endpoint() string {
	text, _ := b["endpoint"].(string)
	return text
}

// said is what a config says itself, before anything is filled in.
type said struct {
	Spec struct {
		Target            string `json:"target"`
		KubernetesVersion string `json:"kubernetesVersion"`
		Network           struct {
			NodeCIDR string `json:"nodeCIDR"`
		} `json:"network"`
	} `json:"spec"`
}

// loadConfig reads the cluster's config, or makes one of defaults.
func (i *initiation) loadConfig(ctx context.Context) error {
	text := i.Config
	if text == nil {
		if i.kept != nil {
			i.cluster, i.said.Spec.Network.NodeCIDR = i.kept.Cluster, i.kept.Cluster.Spec.Network.NodeCIDR
			return nil
		}
		text = fmt.Appendf(nil, `{"apiVersion": %q, "kind": %q, "metadata": {"name": %q}}`, config.APIVersion, config.Kind, config.DefaultName)
	}
	// Tabs are JSON and no YAML; what is wrong with either is told below.
	if json.Unmarshal(text, &i.said) != nil {
		_ = yaml.Unmarshal(text, &i.said)
	}
	if target := i.said.Spec.Target; target != "" && target != bareMetal {
		return input("reading the config %s: spec.target is %q, and init makes a cluster on this host, without any target; write %q, or leave it out", i.ConfigName, target, bareMetal)
	}
	cluster, report := config.LoadFor(bareMetal, i.ConfigName, text, map[string]func() config.Block{bareMetal: func() config.Block { return &block{} }})
	if !report.Empty() {
		return fmt.Errorf("%w (%w)", report.Err(diag.Source{File: i.ConfigName, Text: text}), ErrInput)
	}
	if own, ok := cluster.Spec.Block.(*block); ok {
		i.endpoint = own.endpoint()
	}
	i.cluster = *cluster
	if i.said.Spec.KubernetesVersion == "" {
		i.cluster.Spec.KubernetesVersion = i.ownVersion(ctx)
	}
	// These are the user's machine's business, or the target's.
	if i.ImageArchive == "" {
		i.ImageArchive = cluster.Spec.Images.Bundle
	}
	i.cluster.Schema, i.cluster.Spec.Block, i.cluster.Spec.Images.Bundle = "", nil, ""
	return nil
}

// ownVersion is the Kubernetes version that this image is of.
func (i *initiation) ownVersion(ctx context.Context) string {
	output, err := i.Host.Runner.Run(ctx, host.Command{Name: "kubelet", Args: []string{"--version"}})
	version := strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(string(output)), "Kubernetes"))
	if err != nil || !strings.HasPrefix(version, "v") {
		return config.DefaultKubernetesVersion
	}
	return version
}

// chooseAddress finds the host's address and the network of the hosts.
func (i *initiation) chooseAddress(context.Context) error {
	prefixes, err := i.Interfaces.Prefixes()
	if err != nil {
		return fmt.Errorf("reading the host's addresses: %w", err)
	}
	network := &i.cluster.Spec.Network
	given := i.NodeCIDR
	if given == "" {
		given = i.said.Spec.Network.NodeCIDR
	}
	if given == "" && i.kept != nil {
		given = i.kept.Cluster.Spec.Network.NodeCIDR
	}
	if given == "" {
		chosen, err := i.choose(prefixes)
		if err != nil {
			return err
		}
		given = chosen.Masked().String()
	}
	network.NodeCIDR = given
	if problems := i.cluster.Validate(); len(problems) > 0 {
		var all []string
		for _, p := range problems {
			all = append(all, fmt.Sprintf("%s: %s; %s", p.Path, p.Message, p.Fix))
		}
		return input("checking the config with the hosts' network %s: %s", given, strings.Join(all, "; "))
	}
	var addresses []string
	for _, prefix := range prefixes {
		addresses = append(addresses, prefix.Addr().String())
	}
	i.self.Address, err = addressIn(i.Address, addresses, given)
	if err != nil && !errors.Is(err, ErrInput) {
		return input("%v; or name another network with --node-cidr, as one of these has it: %s", err, texts(prefixes))
	}
	return err
}

// choose is the interface's address that the host is known by: the given one,
// the only one, or the one that leads out.
func (i *initiation) choose(prefixes []netip.Prefix) (netip.Prefix, error) {
	wanted := i.Address
	if wanted == "" && len(prefixes) == 1 {
		return prefixes[0], nil
	}
	if out, ok := i.Interfaces.Outgoing(); wanted == "" && ok {
		wanted = out.String()
	}
	for _, prefix := range prefixes {
		if prefix.Addr().String() == wanted {
			return prefix, nil
		}
	}
	if i.Address != "" {
		return netip.Prefix{}, input("taking the address %q: this host has %s; write one of these as --address", i.Address, texts(prefixes))
	}
	return netip.Prefix{}, input("finding this host's address: it has %s, and none of them leads out; say which with --address", texts(prefixes))
}

func texts(prefixes []netip.Prefix) string {
	if len(prefixes) == 0 {
		return "no address"
	}
	var all []string
	for _, prefix := range prefixes {
		all = append(all, prefix.String())
	}
	return strings.Join(all, ", ")
}
