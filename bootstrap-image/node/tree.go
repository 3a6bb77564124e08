package node

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"maps"
	"path"
	"slices"

	"github.com/coreos/ignition/v2/config/util"
	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/vincent-petithory/dataurl"
)

// Where things are on a host. The layout below /etc/kubernetes is kubeadm's,
// so that its documentation and people's habits apply.
const (
	etcKubernetes = "/etc/kubernetes"
	// ClusterPath holds the cluster's config for the addon-manager.
	ClusterPath = etcKubernetes + "/cluster.json"
	// ManifestsPath is the folder of static pods.
	ManifestsPath = etcKubernetes + "/manifests"
	// ContainerdConfigPath is containerd's configuration.
	ContainerdConfigPath = "/etc/containerd/config.toml"
	// AddonManagerPath is the kubeconfig of the addon-manager.
	AddonManagerPath = etcKubernetes + "/addon-manager.conf"
	// AdminPath is the kubeconfig of the cluster's administrator.
	AdminPath = etcKubernetes + "/admin.conf"
)

// Modes of files. What holds a key or a token is secret.
const (
	public  = 0o644
	secret  = 0o600
	private = 0o700 // a folder for secrets
)

func pkiPath(name string) string { return path.Join(etcKubernetes, "pki", name) }

// signingPath is the certificate that the controller-manager signs with: the
// first of ca.crt.
const signingPath = etcKubernetes + "/pki/ca-signing.crt"

func kubeconfigPath(name string) string { return path.Join(etcKubernetes, name+".conf") }

// entry is a file of the tree.
type entry struct {
	content string
	mode    int
}

// tree is what is to be on a host, before it becomes an Ignition config.
type tree struct {
	files       map[string]entry
	directories map[string]int
	links       map[string]string
	units       map[string]string
}

func newTree() *tree {
	return &tree{files: map[string]entry{}, directories: map[string]int{}, links: map[string]string{}, units: map[string]string{}}
}

func (t *tree) file(path string, mode int, content string) { t.files[path] = entry{content, mode} }
func (t *tree) directory(path string, mode int)            { t.directories[path] = mode }

// digest is of the contents of some files, in the order given. It goes into
// what depends on them, which so changes when they do.
func (t *tree) digest(paths ...string) string {
	sum := sha256.New()
	for _, path := range paths {
		sum.Write([]byte(path + "\x00" + t.files[path].content + "\x00"))
	}
	return hex.EncodeToString(sum.Sum(nil))[:16]
}

// config turns the tree into Ignition's terms, sorted by path.
func (t *tree) config() types.Config {
	config := types.Config{Ignition: types.Ignition{Version: types.MaxVersion.String()}}
	for _, path := range sortedKeys(t.directories) {
		config.Storage.Directories = append(config.Storage.Directories, types.Directory{
			Node:               types.Node{Path: path},
			DirectoryEmbedded1: types.DirectoryEmbedded1{Mode: util.IntToPtr(t.directories[path])},
		})
	}
	for _, path := range sortedKeys(t.files) {
		config.Storage.Files = append(config.Storage.Files, types.File{
			Node: types.Node{Path: path, Overwrite: util.BoolToPtr(true)},
			FileEmbedded1: types.FileEmbedded1{
				Mode:     util.IntToPtr(t.files[path].mode),
				Contents: types.Resource{Source: util.StrToPtr(dataurl.EncodeBytes([]byte(t.files[path].content)))},
			},
		})
	}
	for _, path := range sortedKeys(t.links) {
		config.Storage.Links = append(config.Storage.Links, types.Link{
			Node:          types.Node{Path: path, Overwrite: util.BoolToPtr(true)},
			LinkEmbedded1: types.LinkEmbedded1{Target: util.StrToPtr(t.links[path])},
		})
	}
	for _, name := range sortedKeys(t.units) {
		config.Systemd.Units = append(config.Systemd.Units, types.Unit{Name: name, Contents: util.StrToPtr(t.units[name])})
	}
	return config
}

func sortedKeys[K cmp.Ordered, V any](m map[K]V) []K {
	return slices.Sorted(maps.Keys(m))
}
