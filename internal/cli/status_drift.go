package cli

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// addDrift looks for what is not as the config has it, in all three phases.
func (s *session) addDrift(ctx context.Context, _ target.Outputs, report *health.Report) error {
	p, err := s.wholePlan(ctx, true)
	if err != nil {
		return err
	}
	drift, unknown := health.DriftOf(p)
	report.Drift = drift
	report.Unknown = append(report.Unknown, unknown...)
	return nil
}
