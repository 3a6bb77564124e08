package render

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"path"
	"strings"
	"time"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	"github.com/vincent-petithory/dataurl"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// bundle is a node bundle that a resource carries, and the user-data of the
// hosts that read it.
type bundle struct {
	node.Bundle
	userData string
}

// isBundle tells a node bundle from other text, whichever resource carries it.
func isBundle(text string) bool {
	var kind struct {
		Kind string `json:"kind"`
	}
	return strings.HasPrefix(text, "{") && json.Unmarshal([]byte(text), &kind) == nil && kind.Kind == node.Kind
}

// bundlesOf finds the node bundles among what is declared: one for the
// control planes and one a pool. The user-data that goes with a bundle names
// its digest.
func bundlesOf(seen []pulumi.MockResourceArgs) (map[string]bundle, error) {
	bundles := map[string]bundle{}
	digests := digestsOf(seen)
	for digest, text := range digests {
		b, err := node.ReadBundle([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("rendering a node bundle: %w", err)
		}
		found := bundle{Bundle: b}
		for _, args := range seen {
			for value := range texts(resource.NewProperty(args.Inputs)) {
				if value, _ = decoded(value); strings.Contains(value, digest) {
					found.userData, _ = digests.undigested(value)
				}
			}
		}
		bundles[folderOf(b)] = found
	}
	return bundles, nil
}

// bootstrap renders what a bundle makes of a host: the Ignition config, the
// tree of files that it unpacks to, the host facts that were assumed, and the
// first-boot script that starts it.
func bootstrap(b bundle) (map[string][]byte, error) {
	facts, err := assumedFacts(b.Bundle)
	if err != nil {
		return nil, err
	}
	requests, err := node.Requests(b.Bundle, facts)
	if err != nil {
		return nil, err
	}
	leafs := node.Leafs{}
	for _, r := range requests {
		leafs[r.Name] = pki.Pair{Certificate: []byte(leafWords + "\n"), Key: []byte(leafKeyWords + "\n")}
	}
	ignition, err := node.Ignition(b.Bundle, facts, leafs)
	if err != nil {
		return nil, err
	}
	files, err := unpack(&ignition)
	if err != nil {
		return nil, err
	}
	switch {
	case strings.HasPrefix(b.userData, "#!"):
		files["first-boot.sh"] = []byte(b.userData)
	case b.userData != "":
		files["user-data"] = []byte(b.userData)
	}
	if err := addJSON(files, "ignition.json", ignition); err != nil {
		return nil, err
	}
	return files, addJSON(files, "assumed-facts.json", facts)
}

func addJSON(files map[string][]byte, name string, value any) error {
	data, err := json.MarshalIndent(value, "", "  ")
	if err != nil {
		return fmt.Errorf("writing %q: %w", name, err)
	}
	files[name] = append(data, '\n')
	return nil
}

// assumedFacts are those of a usual machine: Debian 13 with cgroups of version
// 2. A host reads its own, and renders by them.
func assumedFacts(b node.Bundle) (node.Facts, error) {
	facts := node.Facts{
		Hostname: b.Cluster.Metadata.Name + "-" + b.Pool + "-1",
		OS:       "debian", Arch: "amd64", CgroupVersion: 2, HasSysResource: true,
		ContainerEngine: "docker", ContainerdVersion: "1.7.24",
		ResolvConf: "/etc/resolv.conf",
		Now:        time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	if b.Role == node.ControlPlane {
		facts.Hostname, facts.Addresses = b.ControlPlanes[0].Name, []string{b.ControlPlanes[0].Address}
		return facts, nil
	}
	prefix, err := netip.ParsePrefix(b.Cluster.Spec.Network.NodeCIDR)
	if err != nil {
		return facts, fmt.Errorf("reading spec.network.nodeCIDR: %w", err)
	}
	address := prefix.Masked().Addr()
	for range 100 {
		address = address.Next()
	}
	facts.Addresses = []string{address.String()}
	return facts, nil
}

// unpack writes what an Ignition config puts on a host as a tree of files,
// and redacts both that tree and the config itself.
func unpack(config *types.Config) (map[string][]byte, error) {
	files := map[string][]byte{}
	for i := range config.Storage.Files {
		f := &config.Storage.Files[i]
		if f.Contents.Source == nil {
			continue
		}
		decoded, err := dataurl.DecodeString(*f.Contents.Source)
		if err != nil {
			return nil, fmt.Errorf("reading the contents of %q: %w", f.Path, err)
		}
		content := redact(decoded.Data)
		files[path.Join("tree", f.Path)] = content
		source := dataurl.EncodeBytes(content)
		f.Contents.Source = &source
	}
	for _, unit := range config.Systemd.Units {
		if unit.Contents != nil {
			files[path.Join("tree/etc/systemd/system", unit.Name)] = []byte(*unit.Contents)
		}
	}
	return files, nil
}
