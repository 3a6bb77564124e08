package cli

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// certsFlags are those of the list.
type certsFlags struct {
	clusterFlags
	Output string
	All    bool
}

func newCerts(env Environment) *cobra.Command {
	flags := &certsFlags{}
	cmd := &cobra.Command{
		Use:   "certs [NAME]",
		Short: "List the certificates of a cluster, and renew them",
		Long: `List every certificate of every control plane, the first to end first.

Hosts renew them by themselves: a timer on each control plane those that are
kept there, when a third of their life is left; kubelets their own. Authorities
live ten years.`,
		Example: `  # When does what end?
  kubectl anywhere certs

  # The same with the workers' kubelets, for a script
  kubectl anywhere certs --all -o json

  # Renew all of them now
  kubectl anywhere certs renew`,
		Args: atMostName,
		RunE: flags.with(env, &flags.Output, func(s *session, ctx context.Context) error {
			return s.listCertificates(ctx, flags.All, flags.Output)
		}),
	}
	flags.addFlags(cmd)
	addOutputFlag(cmd, &flags.Output)
	cmd.Flags().BoolVar(&flags.All, "all", false, "The kubelets of workers too")
	cmd.AddCommand(newCertsRenew(env), newCertsRotate(env))
	return cmd
}

// certificates is what 'certs -o json' prints.
type certificates struct {
	Name  string             `json:"name"`
	Hosts []hostCertificates `json:"hosts"`
	// Kubeconfig is the user's own certificate, where there is one here.
	Kubeconfig *node.Certificate `json:"kubeconfig,omitempty"`
}

// hostCertificates are those of one host, or why it could not be asked.
type hostCertificates struct {
	node.Inventory
	Error string `json:"error,omitempty"`
	err   error
}

// inventories asks hosts for their certificates, all of them whatever becomes
// of any one.
func (r *hostRunner) inventories(ctx context.Context, hosts []target.Host) []hostCertificates {
	out := make([]hostCertificates, len(hosts))
	someAtOnce(hosts, func(i int, host target.Host) {
		out[i].Inventory, out[i].err = askHost[node.Inventory](ctx, r, host, "certs")
		out[i].Host, out[i].Role = host.Name, host.Role
		if out[i].err != nil {
			out[i].Error = out[i].err.Error()
		}
	})
	return out
}

// usersCertificate is that of the user's own kubeconfig, where it has a context
// of this cluster. One of another cluster that has the same name is none.
func (s *session) usersCertificate(out target.Outputs, now time.Time) (*node.Certificate, error) {
	file, document, err := kube.UserCertificate("", s.cluster.Metadata.Name)
	if err != nil || document == nil {
		return nil, err
	}
	cert, err := pki.ParseCertificate(document)
	if err != nil {
		return nil, nil // whatever it is, it is not what we wrote
	}
	trusted, err := pki.ParseCertificates([]byte(out.CA.Certificate))
	if err != nil {
		return nil, fmt.Errorf("reading the cluster's authority from its state: %w", err)
	}
	for _, authority := range trusted {
		if cert.CheckSignatureFrom(authority) != nil {
			continue
		}
		found := &node.Certificate{
			Name: "kubeconfig", File: file, Subject: cert.Subject.String(), Issuer: cert.Issuer.String(),
			NotBefore: cert.NotBefore.UTC(), NotAfter: cert.NotAfter.UTC(), SignedBy: pki.Fingerprint(authority),
			DaysLeft: int(math.Floor(cert.NotAfter.Sub(now).Hours() / 24)),
		}
		if pki.NeedsRenewal(cert, now) {
			found.Problems = []string{"it ends on " + found.NotAfter.Format(time.DateOnly) + ": type 'kubectl anywhere certs renew'"}
		}
		return found, nil
	}
	return nil, nil
}

// machines are the hosts that the program names, and those of the pools.
func (s *session) machines(ctx context.Context, out target.Outputs) ([]target.Host, error) {
	hosts := slices.Clone(out.Hosts)
	if len(out.Pools) == 0 {
		return hosts, nil
	}
	seen, err := s.target.Observe(ctx, s.cluster, target.Outputs{Pools: out.Pools})
	if err != nil {
		return nil, err
	}
	for _, o := range seen {
		hosts = append(hosts, o.Host)
	}
	return hosts, nil
}
