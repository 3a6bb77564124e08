// Package store reads node bundles from the clouds' secret stores with the
// identity of the machine it runs on.
//
// The URLs are those of gocloud.dev/runtimevar where it has a store, but its
// drivers are not used: each asks for the secret's description after its
// value, which takes a second permission that no host need have; the AWS one
// knows no ARNs; and they would make this program a fifth larger, for hosts
// that fetch it one by one.
package store

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
)

// The schemes of the stores.
const (
	Google = "gcpsecretmanager"
	Amazon = "awssecretsmanager"
	Azure  = "azurekeyvault"
)

// attempt is how long one look at a store may take. Metadata services answer
// in milliseconds or not at all.
const attempt = 20 * time.Second

// largest is more than any store holds in one secret (64 KiB).
const largest = 1 << 20

// Stores opens bundles by URL.
type Stores struct {
	// Client carries all requests, those to metadata services too. It must not
	// go through a proxy for those.
	Client *http.Client
}

// New is the stores of the machine this runs on.
func New() Stores {
	transport := http.DefaultTransport.(*http.Transport).Clone()
	transport.Proxy = func(request *http.Request) (*url.URL, error) {
		if strings.HasPrefix(request.URL.Host, "169.254.") {
			return nil, nil
		}
		return http.ProxyFromEnvironment(request)
	}
	return Stores{Client: &http.Client{Transport: transport}}
}

// Source reads one bundle. What is not there, or may not be read, may well be
// a minute later: identities and their rights take time to spread.
type Source = func(context.Context) ([]byte, error)

// Open finds the store of a URL, of one of these forms:
//
//	gcpsecretmanager://projects/PROJECT/secrets/NAME
//	awssecretsmanager://NAME-OR-ARN?region=REGION
//	azurekeyvault://VAULT.vault.azure.net/secrets/NAME?client=CLIENT-ID
//
// Without a region the machine's own is meant, without a client the machine's
// only identity. An error tells that the URL is of no store.
func (s Stores) Open(location string) (Source, error) {
	scheme, rest, _ := strings.Cut(location, "://")
	name, query, _ := strings.Cut(rest, "?")
	parameters, err := url.ParseQuery(query)
	if err != nil {
		return nil, fmt.Errorf("reading the URL %q: %w", location, err)
	}
	var source Source
	allowed := []string{}
	switch scheme {
	case Google:
		source, err = s.google(name)
	case Amazon:
		allowed = []string{"region"}
		source, err = s.amazon(name, parameters.Get("region"))
	case Azure:
		allowed = []string{"client"}
		source, err = s.azure(name, parameters.Get("client"))
	default:
		return nil, fmt.Errorf("reading the URL %q: %q is no store; give %s, %s or %s", location, scheme, Google, Amazon, Azure)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the URL %q: %w", location, err)
	}
	for parameter := range parameters {
		if !slices.Contains(allowed, parameter) {
			return nil, fmt.Errorf("reading the URL %q: %s has no parameter %q", location, scheme, parameter)
		}
	}
	return func(ctx context.Context) ([]byte, error) {
		ctx, cancel := context.WithTimeout(ctx, attempt)
		defer cancel()
		return source(ctx)
	}, nil
}
