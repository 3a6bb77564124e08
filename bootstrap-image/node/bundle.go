// Package node is phase 2 as a pure function: a node bundle and the facts of
// a host go in, an Ignition config comes out.
package node

import (
	"encoding/pem"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// The two roles a host can have.
const (
	ControlPlane = "control-plane"
	Worker       = "worker"
)

// Bundle is everything a host must be told to become a node. It is a secret:
// a control plane's holds the keys of the authorities.
type Bundle struct {
	APIVersion string `json:"apiVersion"`
	Kind       string `json:"kind"` // NodeBundle
	Role       string `json:"role"`
	Pool       string `json:"pool,omitempty"`
	// Cluster is the config, defaults filled in, without the target's block.
	Cluster config.Cluster `json:"cluster"`
	// Endpoint is host:port of the API as nodes reach it.
	Endpoint string `json:"endpoint"`
	// ControlPlanes are all members, in order, this host among them if it is one.
	ControlPlanes []Member `json:"controlPlanes"`
	// ExtraSANs are further names and addresses of the API server's
	// certificate, such as the address users reach it by.
	ExtraSANs []string `json:"extraSANs,omitempty"`
	// ImageArchive is the path, on the host, of an archive with every image;
	// empty where images are pulled.
	ImageArchive string `json:"imageArchive,omitempty"`
	// Cloud is the cloud whose metadata service tells this host its provider
	// id, zone and name: gcp, aws or azure; empty on hosts of no cloud.
	Cloud string `json:"cloud,omitempty"`
	// Balanced tells that there is no balancer outside: every node runs one of
	// its own at Endpoint, a loopback address, in front of all control planes.
	Balanced bool `json:"balanced,omitempty"`
	// Standalone tells that no phase 1 hands out bundles: the control planes
	// keep one in the API, from which hosts with a token make their own.
	Standalone bool `json:"standalone,omitempty"`
	// Untainted lets ordinary pods run on this control plane.
	Untainted bool `json:"untainted,omitempty"`
	// CloudController tells that a cloud-controller-manager will run, which
	// kubelets then wait for.
	CloudController bool `json:"cloudController,omitempty"`
	// Layer is the declaration of a network layer of the user's own, which a
	// host cannot look up by its name.
	Layer       *catalog.Layer `json:"layer,omitempty"`
	Credentials Credentials    `json:"credentials"`
}

// Member is one control plane: its node name and stable address.
type Member struct {
	Name    string `json:"name"`
	Address string `json:"address"`
	// EtcdDevice is the path of the block device that holds etcd's data, and
	// nothing else; empty where that is a folder of the boot disk.
	EtcdDevice string `json:"etcdDevice,omitempty"`
}

// Credentials are the cluster's secrets, as far as a role may have them. A
// worker has the certificate of the Kubernetes authority and the token, and
// nothing else.
type Credentials struct {
	// CA signs API clients and servers; EtcdCA etcd's; FrontProxyCA the
	// aggregation layer's.
	CA           Authority `json:"ca"`
	EtcdCA       Authority `json:"etcdCA,omitzero"`
	FrontProxyCA Authority `json:"frontProxyCA,omitzero"`
	// ServiceAccountKey is the PEM of the private key that signs tokens.
	ServiceAccountKey string `json:"serviceAccountKey,omitempty"`
	// EncryptionKey is 32 bytes in base64 for encryption at rest.
	EncryptionKey string `json:"encryptionKey,omitempty"`
	// BootstrapToken ("id.secret") lets a kubelet ask for its certificate.
	BootstrapToken string `json:"bootstrapToken"`
}

// Authority is a certificate authority in PEM; Key is empty where only trust
// is needed. All of its certificates are trusted. The first is the one that
// signs, and that Key belongs to; others are there while one authority takes
// over from another.
type Authority struct {
	Certificate string `json:"certificate"`
	Key         string `json:"key,omitempty"`
}

// Signing is the certificate that the key belongs to, without those that are
// only trusted.
func (a Authority) Signing() string {
	block, _ := pem.Decode([]byte(a.Certificate))
	if block == nil {
		return a.Certificate
	}
	return string(pem.EncodeToMemory(block))
}
