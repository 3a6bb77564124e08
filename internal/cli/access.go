package cli

import (
	"crypto/rand"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// kubeconfigFlags say which kubeconfig file to write to.
type kubeconfigFlags struct{ Path string }

func (f *kubeconfigFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Path, "kubeconfig", "", "Kubeconfig `file` to write to (default as kubectl: $KUBECONFIG, else ~/.kube/config)")
}

// adminPair issues an administrator's client certificate from the cluster's
// authority.
func adminPair(out target.Outputs, now time.Time, life time.Duration) (pki.Pair, error) {
	authority, err := pki.ParseAuthority([]byte(out.CA.Certificate), []byte(out.CA.Key))
	if err != nil {
		return pki.Pair{}, fmt.Errorf("reading the cluster's authority from its state: %w", err)
	}
	issuer := pki.Issuer{Now: now, Rand: rand.Reader}
	pair, err := issuer.Issue(authority, pki.Leaf{
		CommonName:    "kubernetes-anywhere-admin",
		Organizations: []string{"system:masters"},
		Client:        true,
		Life:          life,
	})
	if err != nil {
		return pki.Pair{}, fmt.Errorf("issuing an administrator's certificate: %w", err)
	}
	return pair, nil
}

// adminKubeconfig is a kubeconfig with a certificate of its own.
func (s *session) adminKubeconfig(out target.Outputs) ([]byte, error) {
	pair, err := adminPair(out, time.Now(), pki.LeafLife)
	if err != nil {
		return nil, err
	}
	name := s.cluster.Metadata.Name
	return pki.Kubeconfig{
		Context: name, Cluster: name, User: name,
		Server:    out.Endpoint,
		Authority: []byte(out.CA.Certificate),
		Pair:      pair,
	}.YAML()
}

// connect makes a client of the cluster's API with the cluster's own
// authority, never with whatever context happens to be current.
func (s *session) connect(out target.Outputs) (*kube.Client, error) {
	kubeconfig, err := s.adminKubeconfig(out)
	if err != nil {
		return nil, err
	}
	return kube.New(kubeconfig, func(request string) { s.env.detail(2, "%s", request) })
}
