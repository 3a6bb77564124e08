package provider

import (
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc/codes"
)

// Partial is the error of a Create that has left something behind: it is
// recorded all the same, so that a delete takes it away, and the next run
// updates it.
type Partial struct {
	ID    string
	State Properties
	Err   error
}

// Error is that of what failed.
func (p *Partial) Error() string { return p.Err.Error() }

// Unwrap gives the cause.
func (p *Partial) Unwrap() error { return p.Err }

// failed is the error of a Create as the engine takes it.
func failed(err error) error {
	var partial *Partial
	if !errors.As(err, &partial) {
		return err
	}
	state, failure := marshal(partial.State)
	if failure != nil {
		return errors.Join(err, failure)
	}
	return rpcerror.WithDetails(rpcerror.New(codes.Unknown, err.Error()), &pulumirpc.ErrorResourceInitFailed{
		Id: partial.ID, Properties: state, Reasons: []string{err.Error()},
	})
}
