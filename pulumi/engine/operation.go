package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/backend/display"
	"github.com/pulumi/pulumi/pkg/v3/backend/diy"
	"github.com/pulumi/pulumi/pkg/v3/engine"
	"github.com/pulumi/pulumi/pkg/v3/resource/deploy"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/sdk/v3/go/common/constant"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag/colors"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// parallel is how many resources are worked on at once. Most of an operation
// is waiting for a cloud.
const parallel = 32

// operation is one of the four things done with a stack.
type operation struct {
	// gerund names it in errors.
	gerund  string
	program pulumi.RunFunc
	// refresh reads what exists before anything is changed.
	refresh bool
	execute func(context.Context, backend.Backend, backend.Stack, backend.UpdateOperation) error
}

// Preview tells what Up would do. It takes no lock and changes nothing; for a
// stack that does not exist yet it leaves no trace in the backend.
func (s *Stack) Preview(ctx context.Context, program pulumi.RunFunc, sink func(Event)) (Changes, error) {
	return s.preview(ctx, sink, operation{gerund: "previewing", program: program})
}

// PreviewLive is Preview of what exists: it is looked at first, as Refresh
// does, but what is seen is not recorded.
func (s *Stack) PreviewLive(ctx context.Context, program pulumi.RunFunc, sink func(Event)) (Changes, error) {
	return s.preview(ctx, sink, operation{gerund: "previewing", program: program, refresh: true})
}

func (s *Stack) preview(ctx context.Context, sink func(Event), o operation) (Changes, error) {
	in, err := s.existing(ctx)
	if err != nil {
		return Changes{}, err
	}
	if in == nil {
		folder, err := os.MkdirTemp(s.options.Home, "preview")
		if err != nil {
			return Changes{}, fmt.Errorf("making a folder to preview in: %w", err)
		}
		defer os.RemoveAll(folder)
		scratch, err := diy.New(ctx, s.sink(), storeURL(FolderURL(folder)), s.project)
		if err != nil {
			return Changes{}, fmt.Errorf("opening a backend to preview in: %w", err)
		}
		if in, err = create(ctx, scratch, s.reference()); err != nil {
			return Changes{}, err
		}
	}
	o.execute = func(ctx context.Context, b backend.Backend, in backend.Stack, op backend.UpdateOperation) error {
		_, _, err := b.Preview(ctx, in, op, nil)
		return err
	}
	return s.run(ctx, in, sink, o)
}

// Up makes reality what the program declares. What fails does not stop what
// does not depend on it; all that was made is recorded, and Up run again goes
// on from there.
func (s *Stack) Up(ctx context.Context, program pulumi.RunFunc, sink func(Event)) (Changes, error) {
	return s.change(ctx, sink, operation{
		gerund: "bringing up", program: program,
		execute: func(ctx context.Context, b backend.Backend, in backend.Stack, op backend.UpdateOperation) error {
			_, err := b.Update(ctx, in, op, nil)
			return err
		},
	})
}

// UpExcept is Up, save that the resources with these URNs stay as they are,
// whatever the program declares of them: neither changed, replaced nor deleted.
// What depends on them is given what they are now. A resource that is not
// recorded cannot be left out: what is missing is made.
func (s *Stack) UpExcept(ctx context.Context, program pulumi.RunFunc, urns []string, sink func(Event)) (Changes, error) {
	recorded, err := s.Resources(ctx)
	if err != nil {
		return Changes{}, err
	}
	var kept []resource.URN
	for _, r := range recorded {
		if slices.Contains(urns, r.URN) {
			kept = append(kept, resource.URN(r.URN))
		}
	}
	return s.change(ctx, sink, operation{
		gerund: "bringing up", program: program,
		execute: func(ctx context.Context, b backend.Backend, in backend.Stack, op backend.UpdateOperation) error {
			op.Opts.Engine.Excludes = deploy.NewUrnTargetsFromUrns(kept)
			_, err := b.Update(ctx, in, op, nil)
			return err
		},
	})
}

// Refresh reads what exists and corrects the state: a resource that is gone
// is forgotten, so that the next Up makes it again. With a program the
// providers are configured as it says; nil takes their recorded configuration.
func (s *Stack) Refresh(ctx context.Context, program pulumi.RunFunc, sink func(Event)) (Changes, error) {
	return s.change(ctx, sink, operation{
		gerund: "refreshing", program: program,
		execute: func(ctx context.Context, b backend.Backend, in backend.Stack, op backend.UpdateOperation) error {
			op.Opts.Engine.RefreshProgram = program != nil
			_, err := b.Refresh(ctx, in, op)
			return err
		},
	})
}

// Destroy deletes every recorded resource. The empty state stays: Remove takes
// it away. A stack that does not exist has nothing to destroy.
func (s *Stack) Destroy(ctx context.Context, sink func(Event)) (Changes, error) {
	if found, err := s.Exists(ctx); err != nil || !found {
		return Changes{}, err
	}
	return s.change(ctx, sink, operation{
		gerund: "destroying",
		execute: func(ctx context.Context, b backend.Backend, in backend.Stack, op backend.UpdateOperation) error {
			_, err := b.Destroy(ctx, in, op)
			return err
		},
	})
}

// change runs an operation that writes state: after dead locks are cleared
// and what an earlier run left half done is repaired.
func (s *Stack) change(ctx context.Context, sink func(Event), o operation) (Changes, error) {
	if err := s.occupy(); err != nil {
		return Changes{}, err
	}
	defer s.busy.Unlock()
	if err := s.makeFolder(); err != nil {
		return Changes{}, err
	}
	// First of all: even making the stack takes the lock.
	if err := s.clearDeadLocks(ctx); err != nil {
		return Changes{}, err
	}
	in, err := s.ensured(ctx)
	if err != nil {
		return Changes{}, err
	}
	repaired, err := s.repair(ctx, in)
	if err != nil {
		return Changes{}, err
	}
	// What was cut off may have come to anything: look before changing more.
	o.refresh = repaired
	// Read again: a stack remembers the state it was first read with.
	if in, err = s.ensured(ctx); err != nil {
		return Changes{}, err
	}
	return s.run(ctx, in, sink, o)
}

func (s *Stack) run(ctx context.Context, in backend.Stack, sink func(Event), o operation) (Changes, error) {
	if err := ctx.Err(); err != nil {
		return Changes{}, fmt.Errorf("%s stack %q: %w", o.gerund, s.options.Stack, err)
	}
	manager, err := s.manager(ctx, in)
	if err != nil {
		return Changes{}, err
	}
	if o.program == nil {
		o.program = func(*pulumi.Context) error { return nil }
	}
	program, events := &program{run: o.program}, newRecorder(sink)
	server, err := serve(s.options.Home, program, events)
	if err != nil {
		return Changes{}, err
	}
	// Writes of the state must outlive the caller's interrupt: see scopes.
	update := s.updateOperation(server.address, manager, o.refresh)
	update.Scopes = scopes{stack: s, caller: ctx, makes: &events.makes}
	err = survive(func() error { return o.execute(context.WithoutCancel(ctx), in.Backend(), in, update) })
	server.stop()
	return events.changes, s.outcome(ctx, o, program, events, err)
}

// updateOperation is what the backend needs to know of an operation. The
// display is one that prints nothing but a summary to a writer of ours, and
// sends every event to the server.
func (s *Stack) updateOperation(address string, manager secrets.Manager, refresh bool) backend.UpdateOperation {
	project := *s.project
	project.Runtime = workspace.NewProjectRuntimeInfo("client", map[string]any{"address": address})
	return backend.UpdateOperation{
		Proj: &project,
		Root: s.options.Home,
		M:    &backend.UpdateMetadata{},
		Opts: backend.UpdateOptions{
			AutoApprove: true,
			SkipPreview: true,
			Engine: engine.UpdateOptions{
				Parallel:             parallel,
				Refresh:              refresh,
				ContinueOnError:      true,
				HostFactory:          s.newHost,
				ExecKind:             constant.ExecKindAutoInline,
				SkipPluginPreInstall: true,
			},
			Display: display.Options{
				Color:             colors.Never,
				SummaryJSON:       true,
				SuppressPermalink: true,
				EventLogPath:      "tcp://" + address,
				Stdout:            io.Discard,
				Stderr:            io.Discard,
			},
		},
		SecretsManager:     manager,
		SecretsProvider:    s,
		StackConfiguration: backend.StackConfiguration{Config: config.Map{}, Decrypter: config.NopDecrypter},
	}
}

// outcome is the error of an operation, in the order of what helps most: the
// user's own interrupt, the resources, a panic, the program, the engine.
func (s *Stack) outcome(ctx context.Context, o operation, program *program, events *recorder, err error) error {
	if err == nil {
		return nil
	}
	problems := events.problems()
	if interrupted := ctx.Err(); interrupted != nil {
		problems = append([]error{interrupted}, problems...)
	}
	if broken := (*brokenError)(nil); len(problems) == 0 && errors.As(err, &broken) {
		// It took the program down with it.
		problems = append(problems, err)
	}
	if programErr := program.Err(); len(problems) == 0 && programErr != nil {
		problems = append(problems, programErr)
	}
	if len(problems) == 0 {
		for _, text := range events.errors {
			problems = append(problems, errors.New(text))
		}
	}
	if len(problems) == 0 {
		problems = append(problems, s.explainLock(context.WithoutCancel(ctx), err))
	}
	return fmt.Errorf("%s stack %q: %w", o.gerund, s.options.Stack, errors.Join(problems...))
}
