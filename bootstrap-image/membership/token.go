package membership

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	corev1 "k8s.io/api/core/v1"
)

const secretsPath = "/api/v1/namespaces/kube-system/secrets"

var (
	tokenForm   = regexp.MustCompile(`^[a-z0-9]{6}\.[a-z0-9]{16}$`)
	tokenIDForm = regexp.MustCompile(`^[a-z0-9]{6}$`)
)

// checkToken refuses what is no token, without repeating it.
func checkToken(token string) error {
	if !tokenForm.MatchString(token) {
		return input("reading --token: it is not of the form id.secret with 6 and 16 lower-case letters and digits")
	}
	return nil
}

// Tokens are the bootstrap tokens of a cluster.
type Tokens struct {
	// API is called as administrator.
	API  kubeapi.Client
	Now  func() time.Time
	Rand io.Reader
}

// Grant is what a new token is to be good for.
type Grant struct {
	// TTL is how long hosts may join with it.
	TTL time.Duration
	// Pool is the pool of the workers it is meant for; it is said, not enforced.
	Pool string
	// Credentials are those of the control planes that may join with it; nil
	// for workers.
	Credentials *node.Credentials
}

// describe says who may join.
func (g Grant) describe() string {
	switch {
	case g.Credentials != nil:
		return "control plane"
	case g.Pool != "":
		return "pool " + g.Pool
	}
	return "workers"
}

// Made is a new token. Neither of its secrets can be had again.
type Made struct {
	Token string
	// CertificateKey opens the credentials of a control plane; empty for
	// workers.
	CertificateKey string
	Ends           time.Time
}

// Create makes a token, and for control planes what it opens.
func (t Tokens) Create(ctx context.Context, grant Grant) (Made, error) {
	token, err := node.NewToken(t.Rand)
	if err != nil {
		return Made{}, err
	}
	made := Made{Token: token, Ends: t.Now().Add(grant.TTL).UTC().Truncate(time.Second)}
	secret, err := node.TokenSecret(node.Bundle{Credentials: node.Credentials{BootstrapToken: token}}, made.Ends)
	if err != nil {
		return Made{}, err
	}
	secret.StringData["description"] = grant.describe()
	var held corev1.Secret
	if err := t.API.Call(ctx, http.MethodPost, secretsPath, secret, &held); err != nil {
		return Made{}, fmt.Errorf("making a bootstrap token: %w", err)
	}
	if grant.Credentials == nil {
		return made, nil
	}
	if made.CertificateKey, err = newKey(t.Rand); err == nil {
		err = t.entrust(ctx, &held, *grant.Credentials, made.CertificateKey)
	}
	if err != nil {
		// A token for control planes without its credentials is good for nothing.
		_ = t.API.Call(context.WithoutCancel(ctx), http.MethodDelete, secretsPath+"/"+held.Name, nil, nil)
		return Made{}, err
	}
	return made, nil
}

// entrust keeps the sealed credentials beside their token, readable by that
// token's bearer alone. All of it goes when the token does.
func (t Tokens) entrust(ctx context.Context, token *corev1.Secret, credentials node.Credentials, key string) error {
	sealed, err := seal(credentials, key, t.Rand)
	if err != nil {
		return err
	}
	secret, role, binding := node.SealedSecret(token, sealed)
	for _, object := range []struct {
		path string
		body any
	}{
		{secretsPath, secret},
		{"/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/roles", role},
		{"/apis/rbac.authorization.k8s.io/v1/namespaces/kube-system/rolebindings", binding},
	} {
		if err := t.API.Call(ctx, http.MethodPost, object.path, object.body, nil); err != nil {
			return fmt.Errorf("keeping the credentials for a control plane: %w", err)
		}
	}
	return nil
}

// Token is what may be told of one.
type Token struct {
	ID string
	// Ends is the zero time for one that does not.
	Ends time.Time
	// For is who may join with it.
	For string
}

// List is every token of the cluster, the next to end first.
func (t Tokens) List(ctx context.Context) ([]Token, error) {
	query := "?fieldSelector=" + url.QueryEscape("type="+string(corev1.SecretTypeBootstrapToken))
	var found corev1.SecretList
	if err := t.API.Call(ctx, http.MethodGet, secretsPath+query, nil, &found); err != nil {
		return nil, fmt.Errorf("listing bootstrap tokens: %w", err)
	}
	var out []Token
	for _, secret := range found.Items {
		token := Token{ID: string(secret.Data["token-id"]), For: cmp.Or(string(secret.Data["description"]), "workers")}
		token.Ends, _ = time.Parse(time.RFC3339, string(secret.Data["expiration"]))
		out = append(out, token)
	}
	slices.SortFunc(out, func(a, b Token) int { return cmp.Or(a.Ends.Compare(b.Ends), strings.Compare(a.ID, b.ID)) })
	return out, nil
}

// Delete takes a token away, by its id or by all of it.
func (t Tokens) Delete(ctx context.Context, token string) error {
	id, _, _ := strings.Cut(token, ".")
	if !tokenIDForm.MatchString(id) {
		return input("reading the id of a token: it is not 6 lower-case letters and digits; 'token list' shows them")
	}
	err := t.API.Call(ctx, http.MethodDelete, secretsPath+"/bootstrap-token-"+id, nil, nil)
	if kubeapi.Code(err) == http.StatusNotFound {
		return fmt.Errorf("deleting the token %q: there is none of that id; 'token list' shows them", id)
	}
	if err != nil {
		return fmt.Errorf("deleting the token %q: %w", id, err)
	}
	return nil
}

// Write writes a table of tokens.
func Write(out io.Writer, tokens []Token) error {
	if _, err := fmt.Fprintf(out, "%-8s  %-20s  %s\n", "ID", "ENDS", "FOR"); err != nil {
		return err
	}
	for _, token := range tokens {
		ends := "never"
		if !token.Ends.IsZero() {
			ends = token.Ends.UTC().Format(time.RFC3339)
		}
		if _, err := fmt.Fprintf(out, "%-8s  %-20s  %s\n", token.ID, ends, token.For); err != nil {
			return err
		}
	}
	return nil
}

// NewTokens reads, on a control plane, how its API is called as administrator.
func NewTokens(o host.Options) (Tokens, error) {
	api, err := files{o.HostRoot}.admin(o.API)
	return Tokens{API: api, Now: o.Now, Rand: o.Rand}, err
}
