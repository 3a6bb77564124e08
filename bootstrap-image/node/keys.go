package node

import (
	"fmt"
	"net"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

const (
	frontProxyClient = "front-proxy-client"
	apiPort          = 6443
	apiServerRequest = "apiserver"
)

func hostPort(host string, port int) string { return net.JoinHostPort(host, strconv.Itoa(port)) }

// trust adds the one certificate that every node needs.
func (p plan) trust(t *tree) error {
	if _, err := pki.ParseCertificate([]byte(p.bundle.Credentials.CA.Certificate)); err != nil {
		return fmt.Errorf("reading the certificate of the cluster's authority: %w", err)
	}
	t.file(pkiPath("ca.crt"), public, p.bundle.Credentials.CA.Certificate)
	return nil
}

// keys adds the authorities and the leafs of a control plane.
func (p plan) keys(t *tree) error {
	for name, ca := range map[string]Authority{
		"ca": p.bundle.Credentials.CA, "etcd/ca": p.bundle.Credentials.EtcdCA, "front-proxy-ca": p.bundle.Credentials.FrontProxyCA,
	} {
		t.file(pkiPath(name+".crt"), public, ca.Certificate)
		t.file(pkiPath(name+".key"), secret, ca.Key)
	}
	// Who signs with an authority takes a file of one certificate only.
	t.file(signingPath, public, p.bundle.Credentials.CA.Signing())
	t.directory(pkiPath(""), private)
	t.directory(pkiPath("etcd"), private)
	serviceAccount, err := pki.PublicKey([]byte(p.bundle.Credentials.ServiceAccountKey))
	if err != nil {
		return fmt.Errorf("reading the service account key: %w", err)
	}
	t.file(pkiPath("sa.key"), secret, p.bundle.Credentials.ServiceAccountKey)
	t.file(pkiPath("sa.pub"), public, string(serviceAccount))

	requests, err := Requests(p.bundle, p.facts)
	if err != nil {
		return err
	}
	for _, request := range requests {
		pair, ok := p.leafs[request.Name]
		if !ok && request.Name != KubeletLeaf {
			return fmt.Errorf("rendering the host %q: its certificate %q was not issued", p.self.Name, request.Name)
		}
		switch {
		case request.Kubeconfig != "":
			// It goes inside the kubeconfig.
		case request.Name == apiServerRequest:
			// With its authority in the chain, so that a host that joins finds
			// what it was told to look for.
			t.file(request.CertPath, public, Authority{Certificate: string(pair.Certificate)}.Signing()+request.Authority.Signing())
			t.file(request.KeyPath, secret, string(pair.Key))
		case request.Name != KubeletLeaf:
			t.file(request.CertPath, public, string(pair.Certificate))
			t.file(request.KeyPath, secret, string(pair.Key))
		case ok:
			// The kubelet replaces the link, never the file, when it renews.
			t.file(kubeletClientFirst, secret, string(pair.Certificate)+string(pair.Key))
			t.links[kubeletClientCurrent] = kubeletClientFirst
		}
	}
	return nil
}

// kubeconfigs adds one for each component that calls the API.
func (p plan) kubeconfigs(t *tree) error {
	for _, name := range []string{"admin", "controller-manager", "scheduler", "addon-manager"} {
		kubeconfig, err := p.kubeconfig(name, p.localAPI(), pki.Kubeconfig{Pair: p.leafs[name]})
		if err != nil {
			return err
		}
		t.file(kubeconfigPath(name), secret, kubeconfig)
	}
	kubelet, err := p.kubeconfig("kubelet", p.localAPI(), pki.Kubeconfig{PairFile: kubeletClientCurrent, AuthorityFile: pkiPath("ca.crt")})
	if err != nil {
		return err
	}
	t.file(kubeletKubeconfig, secret, kubelet)
	return nil
}

// kubeconfig completes one that has its credentials.
func (p plan) kubeconfig(user, server string, k pki.Kubeconfig) (string, error) {
	cluster := p.bundle.Cluster.Metadata.Name
	k.Context, k.Cluster, k.User = user+"@"+cluster, cluster, user
	k.Server = server
	if k.AuthorityFile == "" {
		k.Authority = []byte(p.bundle.Credentials.CA.Certificate)
	}
	out, err := k.YAML()
	return string(out), err
}
