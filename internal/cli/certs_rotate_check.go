package cli

import (
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// trusts are the fingerprints of the authorities of a PEM document: the one
// that signs, and those that are only trusted.
func trusts(document string) ([]string, error) {
	found, err := pki.ParseCertificates([]byte(document))
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's authorities from its state: %w", err)
	}
	var out []string
	for _, cert := range found {
		out = append(out, pki.Fingerprint(cert))
	}
	return out, nil
}

// authoritiesOf are the fingerprints of a host's authorities of one name, in
// their order: "ca", "ca (2)".
func authoritiesOf(host node.Inventory, name string) []string {
	at := func(n int) int {
		called := name
		if n > 0 {
			called = fmt.Sprintf("%s (%d)", name, n+1)
		}
		return slices.IndexFunc(host.Certificates, func(c node.Certificate) bool { return c.Authority && c.Name == called })
	}
	var out []string
	for n := 0; at(n) >= 0; n++ {
		out = append(out, host.Certificates[at(n)].SignedBy)
	}
	return out
}

// planeAuthorities are the names of the authorities of a control plane.
func planeAuthorities() []string { return []string{"ca", "etcd/ca", "front-proxy-ca"} }

// lagging says how a host is not yet where its cluster's authorities are, or
// nothing: it trusts others, or has a certificate that none of those signed
// that sign now.
func lagging(host node.Inventory, wanted []string) string {
	names := planeAuthorities()[:1]
	if host.Role == node.ControlPlane {
		names = planeAuthorities()
	}
	signing := map[string]bool{}
	for _, name := range names {
		have := authoritiesOf(host, name)
		switch {
		case name == "ca" && !slices.Equal(have, wanted):
			return "it does not yet trust the authorities of this step"
		case len(have) != len(wanted):
			return "it does not yet trust the authorities of this step in " + name + ".crt"
		}
		signing[have[0]] = true
	}
	if old := others(host, signing); len(old) > 0 {
		return "another authority signed " + list(old)
	}
	return ""
}

// others are the certificates of a host that none of the given authorities
// signed, or that are missing.
func others(host node.Inventory, signing map[string]bool) []string {
	var out []string
	for _, c := range host.Certificates {
		if !c.Authority && !signing[c.SignedBy] {
			out = append(out, c.Name)
		}
	}
	return out
}

// stuck tells of a kubelet whose serving certificate another control plane has
// signed before that had come so far: it asks again only when it is told to.
func stuck(host node.Inventory, wanted []string) bool {
	if host.Role != node.ControlPlane || !strings.HasSuffix(lagging(host, wanted), "signed "+servingName) {
		return false
	}
	return slices.ContainsFunc(host.Certificates, func(c node.Certificate) bool { return c.Name == servingName && !c.NotAfter.IsZero() })
}

// servingName is what a kubelet's serving certificate is called in a list.
const servingName = "kubelet-serving"
