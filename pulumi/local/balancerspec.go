package local

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/network"
	"github.com/docker/go-connections/nat"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Inputs of local:index:Balancer besides those that hosts have too.
const backendsKey = "backends" // host:port, separated by commas

// roleBalancer is the role in the label of the balancer's container.
const roleBalancer = "balancer"

// nobody is the user that the balancer runs as: it reads nothing.
const nobody = "65534:65534"

// isBalanced tells whether a balancer stands before the control planes. Before
// a single one it would add a way to fail and take none away.
func isBalanced(cluster *config.Cluster) bool { return cluster.Spec.ControlPlane.Count > 1 }

// balancerName is the name of a cluster's balancer.
func balancerName(cluster string) string { return cluster + "-balancer" }

// balancerSpec is a balancer as its inputs want it.
type balancerSpec struct {
	cluster, name, network, cidr, address string
	image, archive, digest                string
	backends                              []string
	port                                  string
}

func readBalancerSpec(inputs provider.Properties) (balancerSpec, error) {
	text := func(key string) string { return provider.Text(inputs, key) }
	s := balancerSpec{
		cluster: text(clusterKey), name: text(nameKey), network: text(networkKey), cidr: text(cidrKey), address: text(addressKey),
		image: text(imageKey), archive: text(smallKey), digest: text(digestKey),
		backends: strings.Split(text(backendsKey), ","), port: text(portKey),
	}
	if _, err := strconv.Atoi(s.port); err != nil {
		return balancerSpec{}, fmt.Errorf("reading the input %q of the balancer %q: %w", portKey, s.name, err)
	}
	if s.cluster == "" || s.name == "" || s.network == "" || s.address == "" || s.image == "" || s.backends[0] == "" {
		return balancerSpec{}, fmt.Errorf("reading the inputs of the balancer %q: cluster, name, network, address, image and backends must be given", s.name)
	}
	return s, nil
}

// hash is of all that its container is made from. Where the archive lies is
// not part of it, what is in it is.
func (s balancerSpec) hash() string {
	sum := sha256.Sum256([]byte(strings.Join(append([]string{
		s.cluster, s.name, s.network, s.cidr, s.address, s.image, s.digest, s.port,
	}, s.backends...), "\x00")))
	return hex.EncodeToString(sum[:8])
}

// config is the container: no rights, no files, no disk.
func (s balancerSpec) config() (*container.Config, *container.HostConfig, *network.NetworkingConfig) {
	labels := target.HostLabels(s.cluster, roleBalancer, "")
	labels[hashLabel] = s.hash()
	// Where free addresses are looked for, this one counts as taken.
	labels[addressLabel] = s.address
	port := nat.Port(strconv.Itoa(apiServerPort) + "/tcp")
	command := []string{"balance", "--listen=:" + strconv.Itoa(apiServerPort)}
	for _, one := range s.backends {
		command = append(command, "--backend="+one)
	}
	made := &container.Config{
		Hostname: s.name, Image: s.image, Cmd: command, User: nobody, Labels: labels,
		ExposedPorts: nat.PortSet{port: {}},
	}
	host := &container.HostConfig{
		NetworkMode:    container.NetworkMode(s.network),
		PortBindings:   nat.PortMap{port: {{HostIP: "127.0.0.1", HostPort: s.port}}},
		ReadonlyRootfs: true,
		CapDrop:        []string{"ALL"},
		SecurityOpt:    []string{"no-new-privileges"},
		RestartPolicy:  container.RestartPolicy{Name: container.RestartPolicyUnlessStopped},
	}
	networking := &network.NetworkingConfig{EndpointsConfig: map[string]*network.EndpointSettings{
		s.network: {IPAMConfig: &network.EndpointIPAMConfig{IPv4Address: s.address}},
	}}
	return made, host, networking
}
