package manager

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"net"
	"net/url"
	"strings"
	"testing"

	certificatesv1 "k8s.io/api/certificates/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// good is what a kubelet asks for.
func good() *x509.CertificateRequest {
	return &x509.CertificateRequest{
		Subject:     pkix.Name{CommonName: "system:node:node-1", Organization: []string{"system:nodes"}},
		DNSNames:    []string{"node-1"},
		IPAddresses: []net.IP{net.ParseIP("10.240.0.4")},
	}
}

func sign(t *testing.T, template *x509.CertificateRequest) []byte {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	der, err := x509.CreateCertificateRequest(rand.Reader, template, key)
	if err != nil {
		t.Fatal(err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE REQUEST", Bytes: der})
}

func request(t *testing.T, template *x509.CertificateRequest) *certificatesv1.CertificateSigningRequest {
	t.Helper()
	return &certificatesv1.CertificateSigningRequest{
		ObjectMeta: metav1.ObjectMeta{Name: "csr-1"},
		Spec: certificatesv1.CertificateSigningRequestSpec{
			Request:    sign(t, template),
			SignerName: certificatesv1.KubeletServingSignerName,
			Usages:     []certificatesv1.KeyUsage{certificatesv1.UsageDigitalSignature, certificatesv1.UsageServerAuth},
			Username:   "system:node:node-1",
			Groups:     []string{"system:nodes", "system:authenticated"},
		},
	}
}

func nodeOne() *corev1.Node {
	return &corev1.Node{
		ObjectMeta: metav1.ObjectMeta{Name: "node-1"},
		Status: corev1.NodeStatus{Addresses: []corev1.NodeAddress{
			{Type: corev1.NodeInternalIP, Address: "10.240.0.4"},
			{Type: corev1.NodeExternalIP, Address: "203.0.113.9"},
			{Type: corev1.NodeInternalIP, Address: "127.0.0.1"},
			{Type: corev1.NodeHostName, Address: "node-1.example"},
			{Type: corev1.NodeInternalDNS, Address: "kubernetes.default.svc"},
			{Type: corev1.NodeInternalDNS, Address: "ip-10-240-0-4.us-east-2.compute.internal"},
			{Type: corev1.NodeInternalDNS, Address: "ip-10-240-0-5.us-east-2.compute.internal"},
		}},
	}
}

func TestApprove_ApprovesANodesOwnNamesAndAddresses(t *testing.T) {
	for name, change := range map[string]func(*x509.CertificateRequest, *certificatesv1.CertificateSigningRequest){
		"as kubelets ask": func(*x509.CertificateRequest, *certificatesv1.CertificateSigningRequest) {},
		"its host name": func(r *x509.CertificateRequest, _ *certificatesv1.CertificateSigningRequest) {
			r.DNSNames = []string{"node-1.example"}
		},
		"both of its addresses": func(r *x509.CertificateRequest, _ *certificatesv1.CertificateSigningRequest) {
			r.IPAddresses = append(r.IPAddresses, net.ParseIP("203.0.113.9"))
		},
		"the name that AWS made of its address": func(r *x509.CertificateRequest, _ *certificatesv1.CertificateSigningRequest) {
			r.DNSNames = []string{"ip-10-240-0-4.us-east-2.compute.internal"}
		},
		"an address alone": func(r *x509.CertificateRequest, _ *certificatesv1.CertificateSigningRequest) { r.DNSNames = nil },
		"an RSA key's usages": func(_ *x509.CertificateRequest, c *certificatesv1.CertificateSigningRequest) {
			c.Spec.Usages = append(c.Spec.Usages, certificatesv1.UsageKeyEncipherment)
		},
	} {
		template := good()
		change(template, &certificatesv1.CertificateSigningRequest{})
		csr := request(t, template)
		change(template, csr)
		if err := approve(csr, nodeOne()); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestApprove_RefusesWhatIsNotTheNodesOwn(t *testing.T) {
	for want, change := range map[string]func(*x509.CertificateRequest){
		`name "other" is not the node's own`:                  func(r *x509.CertificateRequest) { r.DNSNames = []string{"node-1", "other"} },
		`name "*.example" is not the node's own`:              func(r *x509.CertificateRequest) { r.DNSNames = []string{"*.example"} },
		`name "kubernetes.default.svc" is not the node's own`: func(r *x509.CertificateRequest) { r.DNSNames = []string{"kubernetes.default.svc"} },
		`name "ip-10-240-0-5.us-east-2.compute.internal" is not the node's own`: func(r *x509.CertificateRequest) {
			r.DNSNames = []string{"ip-10-240-0-5.us-east-2.compute.internal"}
		},
		"address 10.240.0.5 is not in the node's status":    func(r *x509.CertificateRequest) { r.IPAddresses = []net.IP{net.ParseIP("10.240.0.5")} },
		"address 127.0.0.1 is not in the node's status":     func(r *x509.CertificateRequest) { r.IPAddresses = []net.IP{net.ParseIP("127.0.0.1")} },
		"it names neither a name nor an address":            func(r *x509.CertificateRequest) { r.DNSNames, r.IPAddresses = nil, nil },
		"it names e-mail addresses":                         func(r *x509.CertificateRequest) { r.EmailAddresses = []string{"a@example.com"} },
		"it names URIs":                                     func(r *x509.CertificateRequest) { r.URIs = []*url.URL{{Scheme: "spiffe", Host: "x"}} },
		`common name "system:node:node-2" is not who asked`: func(r *x509.CertificateRequest) { r.Subject.CommonName = "system:node:node-2" },
		`["system:nodes" "system:masters"] are not just`:    func(r *x509.CertificateRequest) { r.Subject.Organization = []string{"system:nodes", "system:masters"} },
		"organizations [] are not just":                     func(r *x509.CertificateRequest) { r.Subject.Organization = nil },
	} {
		template := good()
		change(template)
		if err := approve(request(t, template), nodeOne()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestApprove_RefusesWhoeverIsNotThatNode(t *testing.T) {
	for want, change := range map[string]func(*certificatesv1.CertificateSigningRequest){
		`asked for by "admin", which is no node`:        func(c *certificatesv1.CertificateSigningRequest) { c.Spec.Username = "admin" },
		`asked for by "system:node:", which is no node`: func(c *certificatesv1.CertificateSigningRequest) { c.Spec.Username = "system:node:" },
		`asked for by node "node-2", not "node-1"`:      func(c *certificatesv1.CertificateSigningRequest) { c.Spec.Username = "system:node:node-2" },
		"which is not in group system:nodes":            func(c *certificatesv1.CertificateSigningRequest) { c.Spec.Groups = []string{"system:bootstrappers"} },
		`signer "kubernetes.io/kube-apiserver-client-kubelet"`: func(c *certificatesv1.CertificateSigningRequest) {
			c.Spec.SignerName = certificatesv1.KubeAPIServerClientKubeletSignerName
		},
		`usage "client auth" is not one of a server`: func(c *certificatesv1.CertificateSigningRequest) {
			c.Spec.Usages = append(c.Spec.Usages, certificatesv1.UsageClientAuth)
		},
		`usage "server auth" is not asked for`: func(c *certificatesv1.CertificateSigningRequest) { c.Spec.Usages = c.Spec.Usages[:1] },
		"not one certificate request in PEM":   func(c *certificatesv1.CertificateSigningRequest) { c.Spec.Request = []byte("none") },
		"not one certificate request": func(c *certificatesv1.CertificateSigningRequest) {
			c.Spec.Request = append(c.Spec.Request, c.Spec.Request...)
		},
	} {
		csr := request(t, good())
		change(csr)
		if err := approve(csr, nodeOne()); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}

func TestApprove_ChecksTheSignature(t *testing.T) {
	csr := request(t, good())
	block, _ := pem.Decode(csr.Spec.Request)
	block.Bytes[len(block.Bytes)-1] ^= 1
	csr.Spec.Request = pem.EncodeToMemory(block)
	if err := approve(csr, nodeOne()); err == nil {
		t.Error("a request that its key did not sign was approved")
	}
}

func TestApprove_RefusesServiceAddresses(t *testing.T) {
	m := &manager{}
	m.file.Cluster.Spec.Network.ServiceCIDR = "10.96.0.0/16"
	template := good()
	template.IPAddresses = []net.IP{net.ParseIP("10.96.0.1")}
	if err := m.outsideServices(request(t, template)); err == nil || !strings.Contains(err.Error(), "service range") {
		t.Errorf("got %v", err)
	}
	if err := m.outsideServices(request(t, good())); err != nil {
		t.Error(err)
	}
}
