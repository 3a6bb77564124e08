package cli

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

// unmadeError is a cluster of which phase 1 has handed on nothing: it is made
// for the first time at this moment, or was cut off while it was.
type unmadeError struct {
	cluster  string
	progress engine.Progress
}

// Error says what to type.
func (e *unmadeError) Error() string {
	if by := e.by(); by != "" {
		return fmt.Sprintf("cluster %q has no hosts yet: phase 1 is at work, by %s; 'kubectl anywhere status %s' shows how far it is", e.cluster, by, e.cluster)
	}
	return fmt.Sprintf("cluster %q has no hosts yet: phase 1 was never finished; 'kubectl anywhere create %s' goes on from there", e.cluster, e.cluster)
}

// by is who works on it, if anybody.
func (e *unmadeError) by() string {
	held := e.progress.Holder
	switch {
	case held == nil:
		return ""
	case held.Here:
		return fmt.Sprintf("process %d of %s on this machine", held.PID, held.User)
	}
	return fmt.Sprintf("process %d of %s on %s", held.PID, held.User, held.Host)
}

// unmade is the error of a stack without outputs.
func (s *session) unmade(ctx context.Context, stack *engine.Stack) error {
	progress, err := stack.Progress(ctx)
	if err != nil {
		return err
	}
	return &unmadeError{cluster: s.cluster.Metadata.Name, progress: progress}
}

// inTheMaking is the report of a cluster that cannot be looked at because it is
// still being made, which is no failure.
func (s *session) inTheMaking(err error) (health.Report, bool) {
	var unmade *unmadeError
	if !errors.As(err, &unmade) {
		return health.Report{}, false
	}
	report := health.Report{
		Name: s.cluster.Metadata.Name, Target: s.target.Name(), Wanted: s.cluster.Spec.KubernetesVersion, At: time.Now(),
		Pools: (&lookout{session: s}).pools(),
	}
	making := health.Making{By: unmade.by(), Made: worded(unmade.progress.Made), Begun: worded(unmade.progress.Begun)}
	if held := unmade.progress.Holder; held != nil {
		making.Since = held.Since
	}
	return health.InTheMaking(report, making), true
}

func worded(resources []engine.Resource) []string {
	words := []string{}
	for _, r := range resources {
		words = append(words, resourceName(r.Type, r.Name))
	}
	return words
}

// printMaking prints it; that there is nothing to compare yet is an error for
// who asked for drift, or a script would take it for none.
func (s *session) printMaking(report health.Report, flags statusFlags) error {
	if err := s.printStatus(report, flags); err != nil {
		return err
	}
	if flags.Drift {
		return fmt.Errorf("looking for drift of cluster %q: phase 1 has not been finished yet, so there is nothing to compare with", report.Name)
	}
	return nil
}
