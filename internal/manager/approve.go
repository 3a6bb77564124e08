package manager

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"
	"time"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

const (
	nodeUserPrefix = "system:node:"
	nodesGroup     = "system:nodes"
	pollRequests   = 2 * time.Second
)

// approveRequests approves what kubelets may have, and says once why it
// leaves a request alone.
func (m *manager) approveRequests(ctx context.Context) {
	for {
		if err := m.approveOpen(ctx); err != nil && ctx.Err() == nil {
			m.log.once("certificates", "%v", err)
		}
		if !sleep(ctx, pollRequests) {
			return
		}
	}
}

func (m *manager) approveOpen(ctx context.Context) error {
	requests, err := m.cluster.ServingRequests(ctx)
	if err != nil {
		return err
	}
	m.log.forget("certificates")
	for i := range requests {
		request := &requests[i]
		topic := "certificates: " + request.Name
		name, err := nodeName(request)
		if err == nil {
			err = m.approveOne(ctx, request, name)
		}
		if err != nil {
			m.log.once(topic, "left alone: %v", err)
			continue
		}
		m.log.printf("%s: approved, a serving certificate for node %s", topic, name)
		m.log.forget(topic)
	}
	return nil
}

func (m *manager) approveOne(ctx context.Context, request *certificatesv1.CertificateSigningRequest, name string) error {
	node, err := m.cluster.GetNode(ctx, name)
	if err != nil {
		return err
	}
	if err := approve(request, node); err != nil {
		return err
	}
	if err := m.outsideServices(request); err != nil {
		return err
	}
	return m.cluster.Approve(ctx, request, "KubeletServing", "asked for by the node itself, for its own names and addresses")
}

// outsideServices refuses service addresses: a node says itself what its
// addresses are, and must not pass for the API inside the cluster.
func (m *manager) outsideServices(request *certificatesv1.CertificateSigningRequest) error {
	services, err := config.Prefixes(m.file.Cluster.Spec.Network.ServiceCIDR)
	if err != nil {
		return fmt.Errorf("reading service range: %w", err)
	}
	parsed, err := parse(request.Spec.Request)
	if err != nil {
		return err
	}
	for _, ip := range parsed.IPAddresses {
		address, ok := netip.AddrFromSlice(ip)
		if ok && slices.ContainsFunc(services, func(one netip.Prefix) bool { return one.Contains(address.Unmap()) }) {
			return fmt.Errorf("address %s is in the service range", address)
		}
	}
	return nil
}

// nodeName is the node that a request is from.
func nodeName(request *certificatesv1.CertificateSigningRequest) (string, error) {
	name, ok := strings.CutPrefix(request.Spec.Username, nodeUserPrefix)
	if !ok || name == "" {
		return "", fmt.Errorf("asked for by %q, which is no node", request.Spec.Username)
	}
	return name, nil
}

// approve says why a request for a serving certificate must not be approved;
// nil means that it may. It trusts nothing of the request but who sent it,
// which the API server has authenticated.
func approve(request *certificatesv1.CertificateSigningRequest, node *corev1.Node) error {
	name, err := nodeName(request)
	switch {
	case err != nil:
		return err
	case request.Spec.SignerName != certificatesv1.KubeletServingSignerName:
		return fmt.Errorf("signer %q is not ours to approve for", request.Spec.SignerName)
	case name != node.Name:
		return fmt.Errorf("asked for by node %q, not %q", name, node.Name)
	case !slices.Contains(request.Spec.Groups, nodesGroup):
		return fmt.Errorf("asked for by %q, which is not in group %s", request.Spec.Username, nodesGroup)
	}
	if err := usages(request.Spec.Usages); err != nil {
		return err
	}
	parsed, err := parse(request.Spec.Request)
	if err != nil {
		return err
	}
	if parsed.Subject.CommonName != request.Spec.Username {
		return fmt.Errorf("common name %q is not who asked, %q", parsed.Subject.CommonName, request.Spec.Username)
	}
	if !slices.Equal(parsed.Subject.Organization, []string{nodesGroup}) {
		return fmt.Errorf("organizations %q are not just %s", parsed.Subject.Organization, nodesGroup)
	}
	return alternativeNames(parsed, node)
}

func parse(text []byte) (*x509.CertificateRequest, error) {
	block, rest := pem.Decode(text)
	if block == nil || block.Type != "CERTIFICATE REQUEST" || len(strings.TrimSpace(string(rest))) != 0 {
		return nil, errors.New("it is not one certificate request in PEM")
	}
	parsed, err := x509.ParseCertificateRequest(block.Bytes)
	if err != nil {
		return nil, fmt.Errorf("reading the request: %w", err)
	}
	if err := parsed.CheckSignature(); err != nil {
		return nil, fmt.Errorf("checking the request's signature: %w", err)
	}
	return parsed, nil
}

// usages are those of a server, and nothing beyond.
func usages(asked []certificatesv1.KeyUsage) error {
	allowed := []certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature, certificatesv1.UsageKeyEncipherment, certificatesv1.UsageServerAuth}
	for _, usage := range asked {
		if !slices.Contains(allowed, usage) {
			return fmt.Errorf("usage %q is not one of a server", usage)
		}
	}
	if !slices.Contains(asked, certificatesv1.UsageServerAuth) {
		return errors.New("usage \"server auth\" is not asked for")
	}
	return nil
}

// alternativeNames are all the node's own.
func alternativeNames(parsed *x509.CertificateRequest, node *corev1.Node) error {
	switch {
	case len(parsed.EmailAddresses) > 0:
		return fmt.Errorf("it names e-mail addresses: %q", parsed.EmailAddresses)
	case len(parsed.URIs) > 0:
		return fmt.Errorf("it names URIs: %v", parsed.URIs)
	case len(parsed.DNSNames) == 0 && len(parsed.IPAddresses) == 0:
		return errors.New("it names neither a name nor an address")
	}
	for _, name := range parsed.DNSNames {
		if !ownName(name, node) {
			return fmt.Errorf("name %q is not the node's own", name)
		}
	}
	for _, ip := range parsed.IPAddresses {
		if !ownAddress(ip, node) {
			return fmt.Errorf("address %s is not in the node's status", ip)
		}
	}
	return nil
}

// ownName: the node's name, or a host name it reports that begins as its name
// does, or, as AWS names machines, with its address. A node may report what it
// likes, so that alone would be no proof.
func ownName(name string, node *corev1.Node) bool {
	if name == node.Name {
		return true
	}
	first := func(s string) string { label, _, _ := strings.Cut(s, "."); return label }
	for _, address := range node.Status.Addresses {
		switch address.Type {
		case corev1.NodeHostName, corev1.NodeInternalDNS, corev1.NodeExternalDNS:
			if address.Address == name && (first(name) == first(node.Name) || namedByAddress(first(name), node)) {
				return true
			}
		}
	}
	return false
}

// namedByAddress tells the first label of a private DNS name on AWS, where it is
// of an address of this node: ip-10-240-0-12. The cloud controller reports such
// a name of every machine.
func namedByAddress(label string, node *corev1.Node) bool {
	text, is := strings.CutPrefix(label, "ip-")
	ip := net.ParseIP(strings.ReplaceAll(text, "-", "."))
	return is && ip != nil && ownAddress(ip, node)
}

func ownAddress(ip net.IP, node *corev1.Node) bool {
	if ip.IsLoopback() || ip.IsUnspecified() || ip.IsMulticast() {
		return false
	}
	for _, address := range node.Status.Addresses {
		switch address.Type {
		case corev1.NodeInternalIP, corev1.NodeExternalIP:
			if own := net.ParseIP(address.Address); own != nil && own.Equal(ip) {
				return true
			}
		}
	}
	return false
}
