package pki

import (
	"crypto"
	"crypto/x509"
	"net"
	"slices"
	"time"
)

// NeedsRenewal tells whether a third or less of a certificate's life is left.
func NeedsRenewal(cert *x509.Certificate, now time.Time) bool {
	life := cert.NotAfter.Sub(cert.NotBefore)
	return cert.NotAfter.Sub(now) <= life/3
}

// Serves tells whether the pair is still what would be issued for the leaf:
// signed by the authority, for the same names and uses, not near its end and
// with its own key. The reason says why not.
func Serves(pair Pair, authority []byte, leaf Leaf, now time.Time) (reason string, ok bool) {
	cert, err := ParseCertificate(pair.Certificate)
	if err != nil {
		return "it is missing or unreadable", false
	}
	key, err := ParseKey(pair.Key)
	if err != nil {
		return "its key is missing or unreadable", false
	}
	public, isComparable := cert.PublicKey.(interface{ Equal(crypto.PublicKey) bool })
	if !isComparable || !public.Equal(key.Public()) {
		return "its key belongs to another certificate", false
	}
	ca, err := ParseCertificate(authority)
	if err != nil {
		return "its authority is unreadable", false
	}
	if err := cert.CheckSignatureFrom(ca); err != nil {
		return "another authority signed it", false
	}
	// One that ends with its authority could not be issued for longer: to do so
	// would only restart whoever reads it.
	extends := cert.NotAfter.Before(ca.NotAfter) || now.After(cert.NotAfter)
	if extends && NeedsRenewal(cert, now) {
		return "it ends on " + cert.NotAfter.UTC().Format(time.DateOnly), false
	}
	if !leaf.matches(cert) {
		return "its names or uses have changed", false
	}
	return "", true
}

// matches compares what a certificate says with the leaf, in any order.
func (l Leaf) matches(cert *x509.Certificate) bool {
	addresses := func(ips []net.IP) []string {
		out := make([]string, 0, len(ips))
		for _, ip := range ips {
			out = append(out, ip.String())
		}
		return sorted(out)
	}
	return cert.Subject.CommonName == l.CommonName &&
		slices.Equal(sorted(cert.Subject.Organization), sorted(l.Organizations)) &&
		slices.Equal(sorted(cert.DNSNames), sorted(l.DNSNames)) &&
		slices.Equal(addresses(cert.IPAddresses), addresses(l.Addresses)) &&
		slices.Equal(cert.ExtKeyUsage, l.usages())
}

func sorted(in []string) []string {
	out := slices.Clone(in)
	slices.Sort(out)
	return slices.Compact(out)
}
