package baremetal

import (
	"fmt"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
)

// Inputs and outputs of baremetal:index:Host.
const (
	clusterKey = "cluster"
	nameKey    = "name"
	roleKey    = "role"
	poolKey    = "pool"
	// addressKey and portKey are where it is reached; reachKey the whole way,
	// of which these are a part.
	addressKey  = "address"
	reachKey    = "reach"
	bundleKey   = "bundle"
	imageKey    = "bootstrapImage"
	archiveKey  = "imageArchive"
	smallKey    = "bootstrapArchive"
	digestKey   = "imageDigest"
	parallelKey = "parallel"
	engineKey   = "installEngine"

	// conditionKey is an output: how the host was last found.
	conditionKey = "condition"
)

// Conditions of a host. One that is not a node is a difference.
const (
	isNode   = "node"
	isBegun  = "begun"
	isSilent = "silent"
)

// fixedKeys make another node of a host; a host at another address is another
// host.
func fixedKeys() []string { return []string{clusterKey, nameKey, roleKey, poolKey, addressKey} }

// bootKeys are what the bootstrap depends on.
func bootKeys() []string { return []string{bundleKey, imageKey, digestKey} }

// changeableKeys are all others that are worth a note in the state.
func changeableKeys() []string {
	return append(bootKeys(), reachKey, archiveKey, smallKey, parallelKey, engineKey)
}

// spec is a host as its inputs want it.
type spec struct {
	Cluster, Name, Role, Pool string
	Image, Archive, Small     string
	digest, bundle            string
	Parallel                  int
	InstallEngine             bool
	reach                     reach
}

func readSpec(inputs provider.Properties) (spec, error) {
	text := func(key string) string { return provider.Text(inputs, key) }
	s := spec{
		Cluster: text(clusterKey), Name: text(nameKey), Role: text(roleKey), Pool: text(poolKey),
		Image: text(imageKey), Archive: text(archiveKey), Small: text(smallKey),
		digest: text(digestKey), bundle: text(bundleKey), InstallEngine: text(engineKey) == "true",
	}
	var err error
	if s.reach, err = readReach(text(reachKey)); err != nil {
		return spec{}, fmt.Errorf("reading the inputs of host %q: %w", s.Name, err)
	}
	if s.Parallel, err = strconv.Atoi(text(parallelKey)); err != nil {
		return spec{}, fmt.Errorf("reading the input %q of host %q: %w", parallelKey, s.Name, err)
	}
	if s.Cluster == "" || s.Name == "" || s.Image == "" || s.reach.Address == "" {
		return spec{}, fmt.Errorf("reading the inputs of host %q: cluster, name, image and address must be given", s.Name)
	}
	return s, nil
}

// mark is what the host is to say of itself.
func (s spec) mark() mark { return mark{Cluster: s.Cluster, Node: s.Name} }
