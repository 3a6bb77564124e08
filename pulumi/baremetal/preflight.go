package baremetal

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// surveyTime bounds the look at all hosts.
const surveyTime = 14 * time.Second

// surveyed is what was found at one host.
type surveyed struct {
	facts facts
	err   error
}

// Preflight looks at every host at once and names all that would make the
// program fail. A host that does not answer is not among it as long as there
// can be a cluster without: it must not hold up the others.
func (t *Target) Preflight(ctx context.Context, in target.Inputs) []diag.Problem {
	all := machines(in.Cluster)
	var problems []diag.Problem
	dead, deadPlanes, planes := []problem{}, 0, 0
	for i, found := range t.survey(ctx, all) {
		m := all[i]
		isPlane := m.role == node.ControlPlane
		if isPlane {
			planes++
		}
		var silent *unreachable
		switch {
		case errors.As(found.err, &silent):
			dead = append(dead, problem{m, found.err})
			if isPlane {
				deadPlanes++
			}
		case found.err != nil:
			problems = append(problems, problem{m, found.err}.diag())
		default:
			problems = append(problems, t.suits(m, found.facts, in)...)
		}
	}
	// etcd needs more than half of its members.
	hopeless := deadPlanes*2 >= planes
	for _, p := range dead {
		if hopeless && p.machine.role == node.ControlPlane {
			problems = append(problems, p.diag())
			continue
		}
		t.heard.say(p.machine.name, p.err.Error())
	}
	return append(problems, archives(in)...)
}

// problem is why a host cannot be used.
type problem struct {
	machine machine
	err     error
}

func (p problem) diag() diag.Problem {
	return diag.Problem{
		Path:    fmt.Sprintf("spec.baremetal.hosts[%d]", p.machine.at),
		Message: fmt.Sprintf("host %q: %v", p.machine.name, p.err),
		Fix:     "mend that, or take the host out of the list; '" + p.machine.reach.command() + "' tries the same way",
	}
}

// suits checks a host that answers.
func (t *Target) suits(m machine, f facts, in target.Inputs) []diag.Problem {
	b := block(in.Cluster)
	wanted := spec{Cluster: in.Cluster.Metadata.Name, Name: m.name, Image: in.BootstrapImage, reach: m.reach}
	var problems []diag.Problem
	for _, err := range []error{f.mark.refuse(wanted), f.installable(*b.InstallEngine), runs(f, in)} {
		if err != nil {
			problems = append(problems, problem{m, err}.diag())
		}
	}
	return problems
}

// runs tells why the images do not run on a host.
func runs(f facts, in target.Inputs) error {
	if f.arch != target.AMD64 && f.arch != target.ARM64 {
		return fmt.Errorf("it is a machine of architecture %s, and there are images for amd64 and arm64", f.arch)
	}
	if in.ImageArchive == "" {
		return nil
	}
	bundle, err := images.Find(in.Cluster.Spec.KubernetesVersion, in.Cluster.Spec.Images.Bundle)
	if err == nil && bundle.Arch != "" && bundle.Arch != f.arch {
		return fmt.Errorf("it is a machine of architecture %s, and the archive of images is for %s", f.arch, bundle.Arch)
	}
	return nil
}

// archives finds that what hosts are to load is not here.
func archives(in target.Inputs) []diag.Problem {
	var problems []diag.Problem
	for _, path := range []string{in.ImageArchive, in.BootstrapArchive} {
		if path == "" {
			continue
		}
		info, err := os.Stat(path)
		if err == nil && !info.Mode().IsRegular() {
			err = fmt.Errorf("%q is no file", path)
		}
		if err != nil {
			problems = append(problems, diag.Problem{
				Path:    "spec.images.bundle",
				Message: fmt.Sprintf("the archive of images cannot be read: %v", err),
				Fix:     "make it: 'make images' or 'kubectl anywhere images bundle'",
			})
		}
	}
	return problems
}

// survey looks at hosts, all at the same time.
func (t *Target) survey(ctx context.Context, all []machine) []surveyed {
	limited, cancel := context.WithTimeout(ctx, surveyTime)
	defer cancel()
	found := make([]surveyed, len(all))
	var asked sync.WaitGroup
	for i, m := range all {
		asked.Go(func() { found[i].facts, found[i].err = t.peek(limited, m) })
	}
	asked.Wait()
	return found
}

func (t *Target) peek(ctx context.Context, m machine) (facts, error) {
	on, err := t.connect(ctx, m.reach)
	if err != nil {
		return facts{}, err
	}
	defer func() { _ = on.Close() }()
	f, err := look(ctx, on, m.reach)
	if err != nil && ctx.Err() != nil {
		return f, &unreachable{m.reach, fmt.Errorf("no answer within %s", surveyTime)}
	}
	return f, err
}
