package balance

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"
)

// apiName is a name that every API server of a cluster has in its certificate,
// wherever it is.
const apiName = "kubernetes.default.svc"

// learn asks now and then which API servers there are.
func (b *Balancer) learn(ctx context.Context) {
	known := slices.Sorted(slices.Values(b.options.Backends))
	if kept := b.kept(); len(kept) > 0 {
		known = kept
		b.backends.use(kept)
	}
	problem := ""
	for pause := b.options.Interval; ; pause = b.options.LearnEvery {
		select {
		case <-ctx.Done():
			return
		case <-time.After(pause*9/10 + rand.N(pause/5+1)):
		}
		limited, cancel := context.WithTimeout(ctx, b.options.LearnEvery)
		members, err := b.options.Learn.Members(limited)
		cancel()
		if err != nil {
			if said := err.Error(); ctx.Err() == nil && said != problem {
				problem = said
				b.say("not yet told which API servers there are: %v", err)
			}
			continue
		}
		problem = ""
		slices.Sort(members)
		if len(members) == 0 || slices.Equal(members, known) {
			continue
		}
		known = members
		b.say("the API servers are now %s", strings.Join(members, ", "))
		b.backends.use(members)
		if err := b.keep(members); err != nil {
			b.say("%v", err)
		}
	}
}

// kept is what was learned before the last end. A file that cannot be used is
// as good as none.
func (b *Balancer) kept() []string {
	if b.options.Keep == "" {
		return nil
	}
	content, err := os.ReadFile(b.options.Keep)
	if err != nil {
		return nil
	}
	members := strings.Fields(string(content))
	for _, member := range members {
		if err := checkAddress(member); err != nil {
			b.say("%s is not used: %v", b.options.Keep, err)
			return nil
		}
	}
	return members
}

// keep writes the file in one step, so that none is ever half written.
func (b *Balancer) keep(members []string) error {
	if b.options.Keep == "" {
		return nil
	}
	file, err := os.CreateTemp(filepath.Dir(b.options.Keep), ".members-")
	if err != nil {
		return fmt.Errorf("keeping the API servers in %q: %w", b.options.Keep, err)
	}
	defer func() { _ = os.Remove(file.Name()) }() // nothing is left of it after the rename
	_, err = io.WriteString(file, strings.Join(members, "\n")+"\n")
	for _, step := range []func() error{
		func() error { return file.Chmod(0o644) }, file.Sync, file.Close,
		func() error { return os.Rename(file.Name(), b.options.Keep) },
	} {
		if failed := step(); err == nil {
			err = failed
		}
		if err != nil {
			_ = file.Close()
			return fmt.Errorf("keeping the API servers in %q: %w", b.options.Keep, err)
		}
	}
	return nil
}

// Service learns from the endpoints of the API's own service, which each API
// server keeps itself in while it runs. A kubelet's certificate may read them:
// the Node authorizer lets nodes get endpoints.
type Service struct {
	// Address is host:port of the API.
	Address string
	// Pair is the file of a client certificate with its key, read each time: a
	// kubelet renews it.
	Pair string
	// Authority is PEM that verifies the API server.
	Authority []byte
}

var _ Learner = Service{}

// Members implements Learner.
func (s Service) Members(ctx context.Context) ([]string, error) {
	pair, err := tls.LoadX509KeyPair(s.Pair, s.Pair)
	if err != nil {
		return nil, fmt.Errorf("reading the kubelet's certificate: %w", err)
	}
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(s.Authority)
	transport := &http.Transport{DisableKeepAlives: true, TLSClientConfig: &tls.Config{
		MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: apiName, Certificates: []tls.Certificate{pair},
	}}
	url := "https://" + s.Address + "/api/v1/namespaces/default/endpoints/kubernetes"
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	request.Header.Set("Accept", "application/json")
	response, err := (&http.Client{Transport: transport}).Do(request)
	if err != nil {
		return nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, err
	}
	if response.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("reading the endpoints of the API: %s: %s", response.Status, strings.TrimSpace(string(body)))
	}
	return members(body)
}

// members reads the addresses out of an Endpoints object.
func members(document []byte) ([]string, error) {
	var endpoints struct {
		Subsets []struct {
			Addresses []struct {
				IP string `json:"ip"`
			} `json:"addresses"`
			Ports []struct {
				Port int `json:"port"`
			} `json:"ports"`
		} `json:"subsets"`
	}
	if err := json.Unmarshal(document, &endpoints); err != nil {
		return nil, fmt.Errorf("reading the endpoints of the API: %w", err)
	}
	var all []string
	for _, subset := range endpoints.Subsets {
		for _, address := range subset.Addresses {
			for _, port := range subset.Ports {
				all = append(all, net.JoinHostPort(address.IP, strconv.Itoa(port.Port)))
			}
		}
	}
	return all, nil
}
