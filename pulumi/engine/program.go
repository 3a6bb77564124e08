package engine

import (
	"context"
	"fmt"
	"sync"

	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
)

// program is a language runtime whose only program is a Go function.
type program struct {
	pulumirpc.UnimplementedLanguageRuntimeServer
	run pulumi.RunFunc

	mu  sync.Mutex
	err error
}

var _ pulumirpc.LanguageRuntimeServer = (*program)(nil)

// Err is what the function returned at its last run. The engine only hands on
// its text.
func (p *program) Err() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.err
}

// Run runs the function for the engine at the other end.
func (p *program) Run(ctx context.Context, req *pulumirpc.RunRequest) (*pulumirpc.RunResponse, error) {
	info := pulumi.RunInfo{
		MonitorAddr:      req.GetMonitorAddress(),
		Config:           req.GetConfig(),
		ConfigSecretKeys: req.GetConfigSecretKeys(),
		Project:          req.GetProject(),
		Stack:            req.GetStack(),
		Parallel:         req.GetParallel(),
		DryRun:           req.GetDryRun(),
		Organization:     req.GetOrganization(),
	}
	if args := req.GetArgs(); len(args) > 0 {
		info.EngineAddr = args[0]
	}
	err := p.call(ctx, info)
	p.mu.Lock()
	p.err = err
	p.mu.Unlock()
	if err != nil {
		return &pulumirpc.RunResponse{Error: err.Error()}, nil
	}
	return &pulumirpc.RunResponse{}, nil
}

// call turns a panic of the function into an error: it must not take the
// engine down before the state is written.
func (p *program) call(ctx context.Context, info pulumi.RunInfo) (err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("the program panicked: %v", r)
		}
	}()
	run, err := pulumi.NewContext(ctx, info)
	if err != nil {
		return fmt.Errorf("connecting the program to the engine: %w", err)
	}
	defer run.Close()
	return pulumi.RunWithContext(run, p.run)
}

// GetRequiredPackages names none: what a program needs is loaded when its
// first resource asks for it.
func (p *program) GetRequiredPackages(context.Context, *pulumirpc.GetRequiredPackagesRequest) (*pulumirpc.GetRequiredPackagesResponse, error) {
	return &pulumirpc.GetRequiredPackagesResponse{}, nil
}

// GetPluginInfo says which version of a language this is: there is but one.
func (p *program) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}
