package cli

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func newCertsRenew(env Environment) *cobra.Command {
	flags := struct {
		clusterFlags
		Hosts   []string
		Timeout time.Duration
	}{}
	cmd := &cobra.Command{
		Use:   "renew [NAME]",
		Short: "Issue the certificates of the control planes again, now",
		Long: `Issue the certificates of the control planes again, now, one host after the
other with a look at the cluster's health between, and the one of your
kubeconfig, unless that gets its own as it needs them ('kubeconfig --exec'). The
API stays up. Kubelets renew their own; authorities are not renewed.`,
		Example: `  # Renew all of them
  kubectl anywhere certs renew

  # Those of one host
  kubectl anywhere certs renew --host anywhere-control-plane-1`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.openUnless(checkTimeout(flags.Timeout), env, cmd, args, nil)
			if err != nil {
				return err
			}
			return s.renewCertificates(cmd.Context(), flags.Hosts, flags.Timeout)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().StringArrayVar(&flags.Hosts, "host", nil, "Only this control plane (may be repeated; your kubeconfig is left as it is)")
	cmd.Flags().DurationVar(&flags.Timeout, "timeout", 10*time.Minute, "Longest wait for any one host")
	return cmd
}

// renewal is one run of 'certs renew'.
type renewal struct {
	*session
	out    target.Outputs
	runner *hostRunner
	hosts  []target.Host
	// before is what each host had; after what it has now.
	before, after map[string]node.Inventory
	// unhealthy says what is wrong with the cluster, or nothing.
	unhealthy func(context.Context) string
	// answers tells that the API did when it was first asked.
	answers bool
}

func (s *session) renewCertificates(ctx context.Context, names []string, timeout time.Duration) error {
	out, err := s.outputs(ctx)
	if err != nil {
		return err
	}
	hosts, err := chosenControlPlanes(out, names)
	if err != nil {
		return err
	}
	r := newRenewal(s, out, hosts)
	r.unhealthy = r.controlPlaneHealth
	_, err = r.nodes(ctx, out)
	r.answers = err == nil
	plan := r.plan(timeout)
	if len(names) == 0 {
		plan = append(plan, phase.Phase{Title: "Renewing the certificate of your kubeconfig", Run: r.renewKubeconfig})
	}
	if err := phase.Run(ctx, plan, s.progress()); err != nil {
		return err
	}
	if err := r.print(); err != nil {
		return err
	}
	r.narrate(aboutOthers)
	return nil
}

func newRenewal(s *session, out target.Outputs, hosts []target.Host) *renewal {
	return &renewal{
		session: s, out: out, runner: s.hostRunner(out), hosts: hosts,
		before: map[string]node.Inventory{}, after: map[string]node.Inventory{},
	}
}

// plan is a look at all hosts and a phase for each.
func (r *renewal) plan(timeout time.Duration) []phase.Phase {
	asking := phase.Phase{Title: "Asking " + count(len(r.hosts), "host") + " for certificates", Run: r.ask, Deadline: timeout}
	return append([]phase.Phase{asking}, r.renewing(timeout)...)
}

// chosenControlPlanes are those of a name, or all.
func chosenControlPlanes(out target.Outputs, names []string) ([]target.Host, error) {
	all := hostsThat(out, isControlPlane)
	if len(names) == 0 {
		return all, nil
	}
	var known []string
	for _, host := range all {
		known = append(known, host.Name)
	}
	for _, name := range names {
		if !slices.Contains(known, name) {
			return nil, &usageError{fmt.Errorf("--host %s: there is no such control plane; there is %s", name, strings.Join(known, ", "))}
		}
	}
	return slices.DeleteFunc(all, func(h target.Host) bool { return !slices.Contains(names, h.Name) }), nil
}

// ask makes sure that every host can be reached before the first is touched.
func (r *renewal) ask(ctx context.Context, _ phase.Reporter) error {
	var reached []string
	var problems []error
	for _, found := range r.runner.inventories(ctx, r.hosts) {
		if found.err != nil {
			problems = append(problems, found.err)
			continue
		}
		r.before[found.Host] = found.Inventory
		reached = append(reached, "--host "+found.Host)
	}
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case len(problems) == 0:
		return nil
	}
	failure := &phase.Failure{Err: errors.Join(problems...)}
	for _, problem := range problems {
		var one *phase.Failure
		if errors.As(problem, &one) {
			failure.Next = append(failure.Next, one.Next...)
		}
	}
	if len(reached) > 0 {
		failure.Next = append(failure.Next, fmt.Sprintf("kubectl anywhere certs renew %s %s   # the others", r.cluster.Metadata.Name, strings.Join(reached, " ")))
	}
	return failure
}

// renewing is a phase for each host. Where the API is down there is nothing to
// keep up, and control planes whose certificates have all ended come back only
// together.
func (r *renewal) renewing(timeout time.Duration) []phase.Phase {
	var plan []phase.Phase
	if !r.answers && len(r.hosts) > 1 {
		return []phase.Phase{{
			Title: fmt.Sprintf("Renewing the certificates of %s at once, as the API is down", count(len(r.hosts), "host")),
			Run:   r.renewTogether, Deadline: timeout,
		}}
	}
	for _, host := range r.hosts {
		plan = append(plan, phase.Phase{
			Title: "Renewing the certificates of " + host.Name, Deadline: timeout,
			Run: func(ctx context.Context, report phase.Reporter) error {
				if err := r.renew(ctx, host); err != nil {
					return err
				}
				return r.settle(ctx, host, report)
			},
		})
	}
	return plan
}

func (r *renewal) renew(ctx context.Context, host target.Host) error {
	return r.runner.apart().run(ctx, host, target.Command{Args: []string{"renew", "--force"}})
}

func (r *renewal) renewTogether(ctx context.Context, report phase.Reporter) error {
	ended := make(chan error, len(r.hosts))
	for _, host := range r.hosts {
		go func() { ended <- r.renew(ctx, host) }()
	}
	var problems []error
	for range r.hosts {
		problems = append(problems, <-ended)
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	for _, host := range r.hosts {
		if err := r.settle(ctx, host, report); err != nil {
			return err
		}
	}
	return nil
}

// settle waits until the cluster is well again, and sees what has changed.
func (r *renewal) settle(ctx context.Context, host target.Host, report phase.Reporter) error {
	err := phase.Poll(ctx, lookEvery, report, func(ctx context.Context) (string, string, error) {
		if reason := r.unhealthy(ctx); reason != "" {
			return r.out.Endpoint, reason, nil
		}
		return "", "", nil
	})
	if err != nil {
		return err
	}
	found, err := askHost[node.Inventory](ctx, r.runner, host, "certs")
	if err != nil {
		return err
	}
	r.after[host.Name] = found
	report.Note("%s renewed", count(len(r.renewed(host.Name)), "certificate"))
	return nil
}

// controlPlaneHealth says what is wrong with the API, or with what runs on the
// hosts that are renewed. Others may be down: that is why one names hosts.
func (r *renewal) controlPlaneHealth(ctx context.Context) string {
	nodes, err := r.nodes(ctx, r.out)
	if err != nil {
		return err.Error()
	}
	for _, n := range nodes {
		ours := slices.ContainsFunc(r.hosts, func(h target.Host) bool { return h.Name == n.Name })
		if ours && !n.Ready && r.cluster.Spec.Network.Layer != config.None {
			return n.Name + " is not ready: " + n.Reason
		}
	}
	api, err := r.connect(r.out)
	if err != nil {
		return err.Error()
	}
	pods, err := api.Pods(ctx, "kube-system", planeLabel)
	if err != nil {
		return err.Error()
	}
	if lack := podsLack(pods, r.hosts); lack.reason != "" {
		return lack.host + ": " + lack.reason
	}
	return ""
}

// renewed are the certificates of a host that are others than before.
func (r *renewal) renewed(host string) []node.Certificate {
	var out []node.Certificate
	for _, now := range r.after[host].Certificates {
		for _, old := range r.before[host].Certificates {
			if old.Name == now.Name && !old.NotBefore.Equal(now.NotBefore) {
				out = append(out, now)
			}
		}
	}
	return out
}

// print shows what was renewed.
func (r *renewal) print() error {
	table := newTable(r.env.Out, "HOST", "RENEWED", "ENDS", "LEFT")
	for _, host := range r.hosts {
		for _, c := range r.renewed(host.Name) {
			fmt.Fprintf(table, "%s\t%s\t%s\t%dd\n", host.Name, c.Name, c.NotAfter.Format(time.DateOnly), c.DaysLeft)
		}
	}
	return table.Flush()
}
