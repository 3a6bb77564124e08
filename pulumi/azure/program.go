package azure

import (
	"errors"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// Program declares the cluster's resources and exports the outputs.
func (*Target) Program(target.Inputs) pulumi.RunFunc {
	return func(*pulumi.Context) error { return errors.New("declaring the cluster: not written yet") }
}
