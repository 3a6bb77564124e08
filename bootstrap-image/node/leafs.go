package node

import (
	"net"
	"net/netip"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// Leafs are the certificates of a host by the name of their request.
type Leafs map[string]pki.Pair

// KubeletLeaf is the request whose certificate the kubelet takes over: it
// renews it itself, so it is given only where the host holds none.
const KubeletLeaf = "kubelet-client"

// Request is one certificate that a host needs, and where it is kept: in two
// files, or inside a kubeconfig.
type Request struct {
	Name       string
	Authority  Authority
	Leaf       pki.Leaf
	CertPath   string
	KeyPath    string
	Kubeconfig string
}

// Requests are the certificates that are issued on the host itself. A worker
// has none: its kubelet asks the API for its own.
func Requests(b Bundle, f Facts) ([]Request, error) {
	if b.Role != ControlPlane {
		return nil, nil
	}
	self, err := Identify(b, f)
	if err != nil {
		return nil, err
	}
	server, err := apiServerLeaf(b, self)
	if err != nil {
		return nil, err
	}
	var (
		cluster = b.Credentials.CA
		etcd    = b.Credentials.EtcdCA
		front   = b.Credentials.FrontProxyCA
		admins  = "system:masters"
	)
	return []Request{
		inFiles(apiServerRequest, cluster, server),
		// No group: what it may do to kubelets, and nothing else, is bound to
		// its name by addons/access.
		inFiles("apiserver-kubelet-client", cluster, client("kube-apiserver-kubelet-client")),
		inFiles("apiserver-etcd-client", etcd, client("kube-apiserver-etcd-client")),
		inFiles("front-proxy-client", front, client(frontProxyClient)),
		inFiles("etcd/server", etcd, etcdLeaf(self)),
		inFiles("etcd/peer", etcd, etcdLeaf(self)),
		inKubeconfig("admin", cluster, client("kubernetes-admin", admins)),
		inKubeconfig("controller-manager", cluster, client("system:kube-controller-manager")),
		inKubeconfig("scheduler", cluster, client("system:kube-scheduler")),
		inKubeconfig("addon-manager", cluster, client("kube-addon-manager", admins)),
		{
			Name: KubeletLeaf, Authority: cluster, Leaf: client("system:node:"+self.Name, "system:nodes"),
			CertPath: kubeletClientCurrent, KeyPath: kubeletClientCurrent,
		},
	}, nil
}

func inFiles(name string, ca Authority, leaf pki.Leaf) Request {
	return Request{Name: name, Authority: ca, Leaf: leaf, CertPath: pkiPath(name + ".crt"), KeyPath: pkiPath(name + ".key")}
}

func inKubeconfig(name string, ca Authority, leaf pki.Leaf) Request {
	return Request{Name: name, Authority: ca, Leaf: leaf, Kubeconfig: kubeconfigPath(name)}
}

func client(commonName string, organizations ...string) pki.Leaf {
	return pki.Leaf{CommonName: commonName, Organizations: organizations, Client: true}
}

// etcdLeaf is for both ends: members dial each other with what they serve.
func etcdLeaf(self Self) pki.Leaf {
	return pki.Leaf{
		CommonName: self.Name, Server: true, Client: true,
		DNSNames:  []string{"localhost", self.Name},
		Addresses: []net.IP{net.ParseIP(self.Address), net.IPv4(127, 0, 0, 1), net.IPv6loopback},
	}
}

// apiServerLeaf holds only names that do not change by themselves. The host's
// other addresses stay out: a pod network adds some, and the certificate would
// be issued anew for them.
func apiServerLeaf(b Bundle, self Self) (pki.Leaf, error) {
	services, err := apiServices(b)
	if err != nil {
		return pki.Leaf{}, err
	}
	leaf := pki.Leaf{CommonName: "kube-apiserver", Server: true}
	names := []string{
		"kubernetes", "kubernetes.default", "kubernetes.default.svc",
		"kubernetes.default.svc." + b.Cluster.Spec.Network.DNSDomain,
		"localhost", self.Name, self.Address, services[0], "127.0.0.1",
	}
	names = append(names, services[1:]...)
	if self.Address6 != "" {
		names = append(names, self.Address6)
	}
	if host, _, err := net.SplitHostPort(b.Endpoint); err == nil {
		names = append(names, host)
	}
	seen := map[string]bool{}
	for _, name := range append(names, b.ExtraSANs...) {
		if seen[name] {
			continue
		}
		seen[name] = true
		if address, err := netip.ParseAddr(name); err == nil {
			leaf.Addresses = append(leaf.Addresses, address.AsSlice())
		} else {
			leaf.DNSNames = append(leaf.DNSNames, name)
		}
	}
	return leaf, nil
}

// apiServices are the addresses that the API's Service has, or may be given,
// one of each family.
func apiServices(b Bundle) ([]string, error) {
	var all []string
	for _, cidr := range config.Ranges(b.Cluster.Spec.Network.ServiceCIDR) {
		address, err := config.Nth(cidr, config.APIServiceIndex)
		if err != nil {
			return nil, err
		}
		all = append(all, address)
	}
	return all, nil
}
