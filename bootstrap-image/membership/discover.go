package membership

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
)

const (
	// dialLimit ends a try at an address that drops packets.
	dialLimit = 10 * time.Second
	// mostSkew is how far the clocks of two hosts may be apart: as much as
	// certificates are backdated by.
	mostSkew = 5 * time.Minute
)

// discover finds the authority of the cluster at an address. The server is
// sent nothing before it has proved to be of the pinned authority, and no
// secret before its certificate is found good in every respect.
func discover(ctx context.Context, address string, pins []string, now func() time.Time) ([]byte, error) {
	chain, err := present(ctx, address)
	if err != nil {
		return nil, err
	}
	authority, err := pinned(address, chain, pins)
	if err != nil {
		return nil, err
	}
	leaf := chain[0]
	if err := leaf.CheckSignatureFrom(authority); err != nil {
		return nil, fmt.Errorf("checking the server at %s: it shows the pinned authority, which has not signed its certificate: %w; this is not the cluster", address, err)
	}
	name, _, _ := net.SplitHostPort(address)
	if err := leaf.VerifyHostname(name); err != nil {
		return nil, fmt.Errorf("checking the server at %s: %w; give an address that the certificate is for", address, err)
	}
	if err := checkClock(ctx, address, leaf, authority, now()); err != nil {
		return nil, err
	}
	return encode(authority), nil
}

// present is the chain that a server shows. It proves that it has the key of
// the first; nothing is believed yet, and nothing is sent.
func present(ctx context.Context, address string) ([]*x509.Certificate, error) {
	limited, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	dialer := tls.Dialer{Config: &tls.Config{MinVersion: tls.VersionTLS12, InsecureSkipVerify: true}}
	connection, err := dialer.DialContext(limited, "tcp", address)
	if err != nil {
		var alert tls.RecordHeaderError
		if errors.As(err, &alert) {
			return nil, fmt.Errorf("reaching the API at %s: what answers there speaks no TLS; give the address of a control plane, port 6443", address)
		}
		return nil, fmt.Errorf("reaching the API at %s: %w; check the address, the network between the hosts and the firewall of the control plane", address, err)
	}
	defer func() { _ = connection.Close() }()
	return connection.(*tls.Conn).ConnectionState().PeerCertificates, nil
}

// pinned is the certificate of a chain that the user trusts.
func pinned(address string, chain []*x509.Certificate, pins []string) (*x509.Certificate, error) {
	var seen []string
	for _, certificate := range chain {
		if !certificate.IsCA {
			continue
		}
		pin := Pin(certificate)
		if slices.ContainsFunc(pins, func(p string) bool { return strings.EqualFold(p, pin) }) {
			return certificate, nil
		}
		seen = append(seen, pin)
	}
	if len(seen) == 0 {
		return nil, fmt.Errorf("checking the server at %s: it shows no authority, so it is no API server of kubernetes-anywhere; give the address of a control plane, port 6443", address)
	}
	return nil, fmt.Errorf("checking the server at %s: its authority is %s, not %s: it is another cluster, or somebody stands between; "+
		"take a new line from 'token create' on a control plane of the right one", address, strings.Join(seen, " or "), strings.Join(pins, " or "))
}

// checkClock compares this host's clock with the server's. The certificate is
// taken as valid for that: whether it is, only a right clock can tell.
func checkClock(ctx context.Context, address string, leaf, authority *x509.Certificate, now time.Time) error {
	roots := x509.NewCertPool()
	roots.AddCert(authority)
	valid := leaf.NotBefore
	if authority.NotBefore.After(valid) {
		valid = authority.NotBefore
	}
	client := kubeapi.NewHTTP(&tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, Time: func() time.Time { return valid }})
	defer client.CloseIdleConnections()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://"+address+"/livez", nil)
	if err != nil {
		return err
	}
	response, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("asking the API at %s for its time: %w", address, err)
	}
	_ = response.Body.Close()
	theirs, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return fmt.Errorf("asking the API at %s for its time: %w", address, err)
	}
	if skew := now.Sub(theirs).Abs(); skew > mostSkew {
		return fmt.Errorf("checking the clock: this host says %s, the API at %s says %s, %s apart; certificates need clocks that agree to %s: "+
			"set this host's, for example with 'timedatectl set-ntp true'",
			now.UTC().Format(time.RFC3339), address, theirs.UTC().Format(time.RFC3339), skew.Round(time.Second), mostSkew)
	}
	if now.After(leaf.NotAfter) {
		return fmt.Errorf("checking the server at %s: its certificate ended on %s; run 'renew' of the bootstrap image on that control plane",
			address, leaf.NotAfter.UTC().Format(time.RFC3339))
	}
	return nil
}

func encode(certificate *x509.Certificate) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate.Raw})
}
