package host

import (
	"crypto/x509"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"os"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

const (
	// authorityWarning is how long before its end an authority is a problem: a
	// replacement takes its time, and leafs get ever shorter until then.
	authorityWarning = 365 * 24 * time.Hour
	// renewalGrace is how late a renewal may be: the timer looks once a day.
	renewalGrace = 3 * 24 * time.Hour
)

// Certificates reads the certificates of a host; it changes nothing.
func Certificates(hostRoot, name string, now time.Time) (node.Inventory, error) {
	root, err := openRoot(hostRoot)
	if err != nil {
		return node.Inventory{}, err
	}
	defer root.close()
	i := inspection{root: root, now: now, role: node.Worker}
	if root.exists("/etc/kubernetes/pki/ca.key") || root.exists(node.ManifestsPath+"/kube-apiserver.yaml") {
		i.role = node.ControlPlane
	}
	places := node.Places(i.role)
	if !slices.ContainsFunc(places, func(p node.Place) bool { _, err := i.documentOf(p); return err == nil }) {
		return node.Inventory{}, fmt.Errorf("reading the certificates of host %q: it has none; is it a node of a cluster?", name)
	}
	out := node.Inventory{Host: name, Role: i.role}
	for _, place := range places {
		out.Certificates = append(out.Certificates, i.certificates(place)...)
	}
	slices.SortStableFunc(out.Certificates, func(a, b node.Certificate) int { return a.NotAfter.Compare(b.NotAfter) })
	return out, nil
}

// inspection is a look at the certificates of one host.
type inspection struct {
	root root
	now  time.Time
	role string
}

// documentOf is the PEM document at a place, without its key where that is in
// another file.
func (i inspection) documentOf(place node.Place) (pki.Pair, error) {
	if place.Kubeconfig == "" {
		certificate, err := i.secret(place.CertPath)
		if err != nil || place.KeyPath == "" {
			return pki.Pair{Certificate: certificate}, err
		}
		key, err := i.secret(place.KeyPath)
		if err != nil {
			key = nil // which the caller finds
		}
		return pki.Pair{Certificate: certificate, Key: key}, nil
	}
	document, err := i.root.read(place.Kubeconfig)
	if err != nil {
		return pki.Pair{}, err
	}
	return pki.PairOf(document)
}

func (i inspection) secret(path string) ([]byte, error) {
	r := run{root: i.root}
	return r.readSecret(path)
}

// certificates are those of one place, with what is wrong with each.
func (i inspection) certificates(place node.Place) []node.Certificate {
	one := node.Certificate{Name: place.Name, File: place.CertPath + place.Kubeconfig, Authority: place.IsAuthority(), RenewedBy: place.RenewedBy}
	pair, err := i.documentOf(place)
	if err == nil {
		var found []*x509.Certificate
		if found, err = pki.ParseCertificates(pair.Certificate); err == nil {
			return i.describe(one, place, pair, found)
		}
	}
	one.Problems = []string{missing(err)}
	return []node.Certificate{one}
}

func missing(err error) string {
	var path *fs.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	if errors.Is(err, os.ErrNotExist) {
		return "it is missing"
	}
	return "it is unreadable: " + err.Error()
}

func (i inspection) describe(one node.Certificate, place node.Place, pair pki.Pair, found []*x509.Certificate) []node.Certificate {
	if !place.IsAuthority() {
		found = found[:1] // what follows is its chain
	}
	var out []node.Certificate
	for n, cert := range found {
		c := one
		if n > 0 {
			c.Name = fmt.Sprintf("%s (%d)", place.Name, n+1)
		}
		c.Subject, c.Issuer = cert.Subject.String(), cert.Issuer.String()
		c.NotBefore, c.NotAfter = cert.NotBefore.UTC(), cert.NotAfter.UTC()
		c.DaysLeft = int(math.Floor(cert.NotAfter.Sub(i.now).Hours() / 24))
		// The key is the first one's; the others are only trusted.
		if n == 0 && place.KeyPath+place.Kubeconfig != "" && !pki.Matches(cert, pair.Key) {
			c.Problems = append(c.Problems, "its private key is missing, or another's")
		}
		if place.IsAuthority() {
			c.SignedBy = pki.Fingerprint(cert)
			c.Problems = append(c.Problems, i.ofAuthority(cert)...)
		} else {
			i.ofLeaf(&c, place, cert)
		}
		out = append(out, c)
	}
	return out
}

func (i inspection) ofAuthority(cert *x509.Certificate) []string {
	end := cert.NotAfter.UTC().Format(time.DateOnly)
	switch {
	case i.now.After(cert.NotAfter):
		return []string{"it ended on " + end + ": type 'kubectl anywhere certs rotate-ca'"}
	case cert.NotAfter.Sub(i.now) < authorityWarning:
		return []string{"it ends on " + end + ", and all that it signs with it: type 'kubectl anywhere certs rotate-ca'"}
	}
	return nil
}

func (i inspection) ofLeaf(c *node.Certificate, place node.Place, cert *x509.Certificate) {
	var end time.Time
	document, _ := i.root.read(place.Authority)
	trusted, _ := pki.ParseCertificates(document)
	for _, authority := range trusted {
		if cert.CheckSignatureFrom(authority) == nil {
			c.SignedBy, end = pki.Fingerprint(authority), authority.NotAfter
		}
	}
	if c.SignedBy == "" {
		c.Problems = append(c.Problems, "no authority in "+place.Authority+" signed it")
	}
	mend := "type 'kubectl anywhere certs renew', or 'bootstrap renew' on the host"
	if place.RenewedBy == node.RenewedByKubelet {
		mend = "see journalctl -u " + node.KubeletUnit
	}
	switch {
	case i.now.Before(cert.NotBefore):
		c.Problems = append(c.Problems, "it is not valid before "+cert.NotBefore.UTC().Format(time.RFC3339)+": is the clock of the host right?")
	case i.now.After(cert.NotAfter):
		c.Problems = append(c.Problems, "it has ended: "+mend)
	case place.RenewedBy == node.RenewedByTimer && cert.NotAfter.Before(end) && pki.NeedsRenewal(cert, i.now.Add(-renewalGrace)):
		c.Problems = append(c.Problems, "it should have been renewed by now: see journalctl -u kubernetes-anywhere-renew")
	}
}
