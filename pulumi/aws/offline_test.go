package aws_test

import (
	"context"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// offline is the target without its questions to the live API.
type offline struct{ *aws.Target }

var _ target.Target = offline{}

func (offline) Preflight(context.Context, target.Inputs) []diag.Problem { return nil }

func (offline) Observe(context.Context, *config.Cluster, target.Outputs) ([]target.Observation, error) {
	return nil, nil
}

func (offline) Leftovers(context.Context, *config.Cluster) ([]string, error) { return nil, nil }
