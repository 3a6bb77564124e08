package cli

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// rotationTokenLife is how long kubelets may ask for a certificate of another
// authority: every pool may be replaced machine by machine until then.
const rotationTokenLife = 24 * time.Hour

// phases are those of one step: look, change, wait until every host has
// followed, tell those who must know.
func (o *rotateOptions) phases(t turn) []phase.Phase {
	var plan []phase.Phase
	if !t.again {
		plan = append(plan, phase.Phase{Title: "Checking that every host can take this step", Deadline: o.patience, Run: o.before(t)})
	}
	plan = append(plan, phase.Phase{Title: "Letting kubelets ask for certificates", Deadline: o.patience, Run: o.openToken})
	if t.step == credentials.Reissue && !t.again {
		// Done at the step before, unless that was cut off: what trusts only
		// the old authority would be cut off in its turn.
		plan = append(plan, o.telling()...)
	}
	provisioning := o.provisioning(o.patience)
	first := provisioning[0].Run
	provisioning[0].Run = func(ctx context.Context, report phase.Reporter) error {
		err := first(ctx, report)
		if !t.again {
			o.in.Rotation = t.step
		}
		return err
	}
	plan = append(plan, provisioning...)
	plan = append(plan,
		phase.Phase{Title: "Starting the control plane", Deadline: o.patience, Run: o.awaitControlPlane},
		phase.Phase{Title: "Waiting for every node", Deadline: o.patience, Run: o.awaitNodes},
		phase.Phase{Title: "Waiting until every host has followed", Deadline: o.patience, Run: o.awaitHosts},
	)
	plan = append(plan, o.telling()...)
	if t.to == credentials.Stable {
		plan = append(plan, phase.Phase{Title: "Forgetting who vouched for clients", Deadline: o.patience, Run: o.forgetClients})
	}
	return append(plan, phase.Phase{Title: "Writing the kubeconfig", Run: o.rewriteKubeconfig})
}

// telling has pods trust the authorities that hosts trust.
func (o *rotateOptions) telling() []phase.Phase {
	plan := []phase.Phase{{Title: "Waiting until pods are told of the authorities", Deadline: o.patience, Run: o.awaitPublished}}
	if o.hasNetwork() {
		plan = append(plan, phase.Phase{Title: "Restarting addons that trust others", Deadline: o.patience, Run: o.restartAddons})
	}
	return plan
}

// before refuses a step that some host could not take: one that has not
// followed so far would be cut off. Going back asks only that nobody lives by
// what it forgets.
func (o *rotateOptions) before(t turn) func(context.Context, phase.Reporter) error {
	return func(ctx context.Context, report phase.Reporter) error {
		wanted, err := trusts(o.out.CA.Certificate)
		if err != nil {
			return err
		}
		hosts, err := o.machines(ctx, o.out)
		if err != nil {
			return err
		}
		report.Wait("", "the certificates of "+count(len(hosts), "host"))
		var problems []error
		for _, found := range o.hostRunner(o.out).directly().inventories(ctx, hosts) {
			switch reason := lagging(found.Inventory, wanted); {
			case found.err != nil && t.step == credentials.Back:
				report.Note("%s could not be asked, and is taken along: %v", found.Host, found.err)
			case found.err != nil:
				problems = append(problems, found.err)
			case t.step == credentials.Back && (t.to != credentials.Stable || !strings.Contains(reason, "another authority signed")):
			case reason != "":
				problems = append(problems, fmt.Errorf("%s: %s", found.Host, reason))
			}
		}
		if len(problems) == 0 || ctx.Err() != nil {
			return ctx.Err()
		}
		name := o.cluster.Metadata.Name
		return &phase.Failure{
			Err: fmt.Errorf("replacing the authorities of cluster %q: step %q would cut off hosts: %w", name, t.step, errors.Join(problems...)),
			Next: []string{
				"kubectl anywhere certs " + name + " --all   # who has what",
				"kubectl anywhere certs renew " + name + "   # where a certificate is of another authority",
				"kubectl anywhere status " + name + "   # where a host cannot be asked",
			},
		}
	}
}

// openToken lets kubelets that have lost their certificate ask for another.
func (o *rotateOptions) openToken(ctx context.Context, report phase.Reporter) error {
	return phase.Poll(ctx, askEvery, report, func(ctx context.Context) (string, string, error) {
		api, err := o.connect(o.out)
		if err != nil {
			return "", "", err
		}
		o.api = api
		id, _, _ := strings.Cut(o.out.BootstrapToken, ".")
		found, err := api.ExtendBootstrapToken(ctx, id, time.Now().Add(rotationTokenLife))
		if err == nil && !found {
			err = api.EnsureBootstrapToken(ctx, o.out.BootstrapToken, rotationTokenLife)
		}
		if err != nil {
			return o.retry(err)
		}
		return "", "", nil
	})
}

// awaitHosts waits until every host trusts whom it should and has certificates
// of those that sign. The kubelet of a control plane that was the first to come
// so far may have got one from another that had not: it asks once more.
func (o *rotateOptions) awaitHosts(ctx context.Context, report phase.Reporter) error {
	wanted, err := trusts(o.out.CA.Certificate)
	if err != nil {
		return err
	}
	// The API servers have just been started anew: not by them, if it can be helped.
	runner := o.hostRunner(o.out).directly()
	done := map[string]bool{}
	return phase.Poll(ctx, o.pace(), report, func(ctx context.Context) (string, string, error) {
		hosts, err := o.machines(ctx, o.out)
		if err != nil {
			return o.retry(err)
		}
		hosts = slices.DeleteFunc(hosts, func(h target.Host) bool { return done[h.Name] })
		host, reason := "", ""
		for i, found := range runner.inventories(ctx, hosts) {
			late := lagging(found.Inventory, wanted)
			switch {
			case found.err != nil:
				late = found.Error
			case late == "":
				done[hosts[i].Name] = true
			case stuck(found.Inventory, wanted):
				if err := runner.apart().run(ctx, hosts[i], target.Command{Args: []string{"renew"}}); err != nil {
					return "", "", err
				}
			}
			if late != "" {
				host, reason = hosts[i].Name, late
			}
		}
		return host, reason, nil
	})
}

// awaitPublished waits until every namespace tells its pods whom to trust.
func (o *rotateOptions) awaitPublished(ctx context.Context, report phase.Reporter) error {
	wanted, err := trusts(o.out.CA.Certificate)
	if err != nil {
		return err
	}
	return phase.Poll(ctx, askEvery, report, func(ctx context.Context) (string, string, error) {
		published, err := o.api.PublishedAuthorities(ctx)
		if err != nil {
			return o.retry(err)
		}
		for _, namespace := range slices.Sorted(maps.Keys(published)) {
			if have, err := trusts(published[namespace]); err != nil || !slices.Equal(have, wanted) {
				return "namespace " + namespace, "ConfigMap kube-root-ca.crt to hold the authorities of this step", nil
			}
		}
		return "", "", nil
	})
}

// restartAddons starts our own pods anew, where they were not started for these
// very authorities, and waits until they run again. Which of them signs is
// nothing to a pod.
func (o *rotateOptions) restartAddons(ctx context.Context, report phase.Reporter) error {
	set, err := addon.Render(o.addonValues(o.out))
	if err != nil {
		return err
	}
	var refs []kube.Ref
	for _, object := range set.Objects {
		refs = append(refs, kube.RefOf(object))
	}
	trusted, err := trusts(o.out.CA.Certificate)
	if err != nil {
		return err
	}
	slices.Sort(trusted)
	n, err := o.api.RestartFor(ctx, refs, strings.Join(trusted, ","))
	if err != nil {
		return err
	}
	report.Note("%s restarted", count(n, "workload"))
	o.set = set
	return o.awaitAddons(ctx, report)
}

// forgetClients has the API servers tell anew whom servers behind them trust,
// until it is those of this step and nobody else.
func (o *rotateOptions) forgetClients(ctx context.Context, report phase.Reporter) error {
	wanted, err := trusts(o.out.CA.Certificate)
	if err != nil {
		return err
	}
	return phase.Poll(ctx, askEvery, report, func(ctx context.Context) (string, string, error) {
		document, err := o.api.ClientAuthorities(ctx)
		if err != nil {
			return o.retry(err)
		}
		told, err := trusts(document)
		if err == nil && slices.Equal(told, wanted) {
			return "", "", nil
		}
		if document != "" {
			if err := o.api.ForgetClientAuthorities(ctx); err != nil {
				return o.retry(err)
			}
		}
		return o.out.Endpoint, "ConfigMap extension-apiserver-authentication to be written anew", nil
	})
}

// rewriteKubeconfig gives the user's own context what it needs now, where there
// is one of this cluster.
func (o *rotateOptions) rewriteKubeconfig(_ context.Context, report phase.Reporter) error {
	data, err := o.adminKubeconfig(o.out)
	if err != nil {
		return err
	}
	name := o.cluster.Metadata.Name
	// What was issued to kubectl for an hour may be of the authority that goes.
	if err := o.dir.Forget(o.dir.CredentialFile()); err != nil {
		return err
	}
	file, err := kube.Owned(o.kubeconfig, name)
	if err != nil {
		return err
	}
	if file == "" {
		report.Note("there is no kubeconfig of this cluster here")
		return nil
	}
	if err := kube.ReplaceCredentials(o.kubeconfig, name, data); err != nil {
		return err
	}
	report.Note("context %q in %s is rewritten", name, file)
	return nil
}
