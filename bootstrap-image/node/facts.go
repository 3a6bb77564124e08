package node

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Facts is what a host says about itself. Rendering depends on nothing else of
// the host.
type Facts struct {
	Hostname string `json:"hostname"`
	// Addresses are all addresses of the host, without prefix length.
	Addresses []string `json:"addresses"`
	// OS is the ID of os-release: debian, ubuntu, flatcar, …
	OS   string `json:"os"`
	Arch string `json:"arch"`
	// CPUs is how many processors it has; 0 where that is not known.
	CPUs int `json:"cpus,omitempty"`
	// CgroupVersion is 1 (hybrid hosts too) or 2.
	CgroupVersion int `json:"cgroupVersion"`
	// HasSysResource tells whether the bounding set holds CAP_SYS_RESOURCE,
	// without which no process may lower its OOM score.
	HasSysResource    bool   `json:"hasSysResource"`
	ContainerEngine   string `json:"containerEngine"`
	ContainerdVersion string `json:"containerdVersion"`
	// Kernel is the kernel's release, such as 6.12.48+deb13-amd64; empty where
	// that is not known.
	Kernel string `json:"kernel,omitempty"`
	// WithoutNFTables tells that the kernel has no nf_tables.
	WithoutNFTables bool `json:"withoutNFTables,omitempty"`
	// ResolvConf is the resolver configuration that pods inherit.
	ResolvConf string `json:"resolvConf"`
	// IsContainer tells that the host is itself a container and shares disk
	// and kernel settings with others.
	IsContainer bool `json:"isContainer"`
	// Instance is what the cloud calls the host; empty on hosts of no cloud.
	Instance Instance `json:"instance,omitzero"`
	// Etcd is how this host's etcd began; empty on workers.
	Etcd EtcdStart `json:"etcd,omitzero"`
	Now  time.Time `json:"now"`
}

// EtcdStart is how a member of etcd begins: decided when the host has no data,
// kept on it, and never changed again, as etcd reads it only once.
type EtcdStart struct {
	// State is etcd's --initial-cluster-state: new or existing.
	State string `json:"state"`
	// Members are etcd's --initial-cluster, this one among them.
	Members []Member `json:"members"`
}

// Clouds whose metadata service a host can ask who it is.
const (
	GCP   = "gcp"
	AWS   = "aws"
	Azure = "azure"
)

// Instance is a host in the words of its cloud.
type Instance struct {
	// Name is what a worker's node is called: the machine's name on GCP, its
	// id on AWS, its computer name on Azure.
	Name string `json:"name"`
	// ProviderID is what the cloud's controller manager calls it:
	// gce://PROJECT/ZONE/NAME, aws:///ZONE/ID, azure:///subscriptions/….
	ProviderID string `json:"providerID"`
	// Zone is empty where the machine is in none.
	Zone   string `json:"zone,omitempty"`
	Region string `json:"region"`
	// Type is the cloud's own name of its size.
	Type string `json:"type"`
}

// Self is who a host is in its cluster.
type Self struct {
	Name string
	// Address is the IPv4 address that other nodes reach it by.
	Address string
	// Address6 is its IPv6 address among the nodes'; empty where the cluster
	// has one family.
	Address6 string
	// EtcdDevice is as in Member.
	EtcdDevice string
}

// Member is a control plane as the others know it.
func (s Self) Member() Member {
	return Member{Name: s.Name, Address: s.Address, EtcdDevice: s.EtcdDevice}
}

// Identify finds the name and the address of the host: a control plane is the
// member with one of its addresses, a worker goes by the name its cloud gives
// it or, where there is none, by its host name. Where nodes have two families,
// the first address in the IPv6 range is the host's other one.
func Identify(b Bundle, f Facts) (Self, error) {
	self, err := identify(b, f)
	if err != nil {
		return Self{}, err
	}
	second := config.Second(b.Cluster.Spec.Network.NodeCIDR)
	if second == "" {
		return self, nil
	}
	self.Address6, err = addressOf(f, second)
	return self, err
}

func identify(b Bundle, f Facts) (Self, error) {
	if b.Role == ControlPlane {
		for _, member := range b.ControlPlanes {
			if slices.Contains(f.Addresses, member.Address) {
				return Self{Name: member.Name, Address: member.Address, EtcdDevice: member.EtcdDevice}, nil
			}
		}
		return Self{}, fmt.Errorf("finding this host among the control planes of %q: none of its addresses (%s) is a member's; check the addresses in the bundle",
			b.Cluster.Metadata.Name, strings.Join(f.Addresses, ", "))
	}
	name := f.Hostname
	if f.Instance.Name != "" {
		name = f.Instance.Name
	}
	address, err := addressOf(f, config.First(b.Cluster.Spec.Network.NodeCIDR))
	return Self{Name: strings.ToLower(name), Address: address}, err
}

// addressOf is the host's first address in a range of the nodes.
func addressOf(f Facts, cidr string) (string, error) {
	network, err := netip.ParsePrefix(cidr)
	if err != nil {
		return "", fmt.Errorf("reading spec.network.nodeCIDR %q: %w", cidr, err)
	}
	for _, text := range f.Addresses {
		if address, err := netip.ParseAddr(text); err == nil && network.Contains(address) {
			return text, nil
		}
	}
	return "", fmt.Errorf("finding the address of host %q: none of %s is in spec.network.nodeCIDR %s",
		f.Hostname, strings.Join(f.Addresses, ", "), network)
}
