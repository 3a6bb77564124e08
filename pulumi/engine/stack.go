package engine

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"

	"github.com/pulumi/pulumi/pkg/v3/backend"
	"github.com/pulumi/pulumi/pkg/v3/backend/diy"
	"github.com/pulumi/pulumi/pkg/v3/secrets"
	"github.com/pulumi/pulumi/pkg/v3/util/cancel"
	"github.com/pulumi/pulumi/sdk/v3/go/common/tokens"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Provider makes a resource provider that is served in this process. It is
// called once for every use of the provider.
type Provider = func() (pulumirpc.ResourceProviderServer, error)

// Options say which stack to open and with what.
type Options struct {
	// Project and Stack name the state. Project is the same for all clusters,
	// Stack is the cluster's name.
	Project, Stack string
	// Backend is where state is kept: file:///absolute/folder, made 0700 at
	// the first write, or s3://, gs:// or azblob://.
	Backend string
	// Home is a folder of the engine's own, made 0700: PULUMI_HOME.
	Home string
	// Passphrase encrypts the secrets in the state.
	Passphrase string
	// Providers are served in this process, by package name.
	Providers map[string]Provider
	// Plugins are the published providers that programs use, and PluginDir the
	// folder where they are; see FetchPlugins.
	Plugins   []Plugin
	PluginDir string
	// Lengthy are types of resources of Providers whose creation takes long or
	// waits for other resources: of one that was cut off, the provider's Read
	// says what there is, and the next Up goes on by an update.
	Lengthy []string
	// Notice is told what the user should know of: a dead lock that was
	// cleared, pending operations that were repaired. May be nil.
	Notice func(string)
}

// Stack is one stack of a backend. One operation that changes it runs at a
// time; a second one is refused, in this process and in any other.
type Stack struct {
	options Options
	project *workspace.Project
	// busy is held while the stack is changed. The backend's own lock tells
	// backends apart, not operations of one.
	busy sync.Mutex

	// mu guards what follows.
	mu      sync.Mutex
	backend diy.Backend
	secrets secrets.Manager
	running *cancel.Source
	// letGo is closed when what is running was let go of.
	letGo chan struct{}
}

// Open checks the options and prepares a stack. It reads and writes no state.
func Open(ctx context.Context, options Options) (*Stack, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if options.Notice == nil {
		options.Notice = func(string) {}
	}
	if _, err := tokens.ParseStackName(options.Stack); err != nil {
		return nil, fmt.Errorf("opening stack %q: %w", options.Stack, err)
	}
	if err := CheckBackend(options.Backend); err != nil {
		return nil, fmt.Errorf("opening stack %q: %w", options.Stack, err)
	}
	if options.Passphrase == "" {
		return nil, fmt.Errorf("opening stack %q: no passphrase to encrypt its secrets with", options.Stack)
	}
	if err := useHome(options.Home); err != nil {
		return nil, fmt.Errorf("opening stack %q: %w", options.Stack, err)
	}
	if err := usePanicRecovery(); err != nil {
		return nil, fmt.Errorf("opening stack %q: %w", options.Stack, err)
	}
	if err := usePlugins(options.Home, options.PluginDir, options.Plugins); err != nil {
		return nil, fmt.Errorf("opening stack %q: %w", options.Stack, err)
	}
	return &Stack{
		options: options,
		project: &workspace.Project{Name: tokens.PackageName(options.Project)},
	}, nil
}

// CheckBackend tells why a URL can keep no state; it touches nothing.
func CheckBackend(backendURL string) error {
	if !diy.IsDIYBackendURL(backendURL) {
		return fmt.Errorf("backend %q is no URL of a kind that can keep state: write file:///folder, s3://bucket, gs://bucket or azblob://container", backendURL)
	}
	if folder, ok := Folder(backendURL); ok && !filepath.IsAbs(folder) {
		return fmt.Errorf("the folder of backend %q is not absolute", backendURL)
	}
	return nil
}

// useHome makes the engine's folder and points Pulumi at it.
func useHome(home string) error {
	if !filepath.IsAbs(home) {
		return fmt.Errorf("the engine's folder %q is not absolute", home)
	}
	if err := os.MkdirAll(home, 0o700); err != nil {
		return fmt.Errorf("making the engine's folder: %w", err)
	}
	// Setenv is safe to call from several goroutines; see the package comment
	// for what it means to have several homes.
	if err := os.Setenv("PULUMI_HOME", home); err != nil {
		return fmt.Errorf("setting PULUMI_HOME: %w", err)
	}
	return nil
}

// Name is the stack's name.
func (s *Stack) Name() string { return s.options.Stack }

// reference is the stack's full name in a self-managed backend.
func (s *Stack) reference() string {
	return "organization/" + s.options.Project + "/" + s.options.Stack
}

// Exists tells whether the backend holds state of this stack. It makes nothing.
func (s *Stack) Exists(ctx context.Context) (bool, error) {
	stack, err := s.existing(ctx)
	return stack != nil, err
}

// Close ends what is still running, as Terminate does.
func (s *Stack) Close() error {
	s.Terminate()
	return nil
}

// Terminate is the user's second interrupt: the running operation returns at
// once, whatever is in flight. What was in flight is repaired by the next Up
// or Destroy.
func (s *Stack) Terminate() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.running == nil {
		return
	}
	// First of all: what the engine ends must not be answered any more.
	close(s.letGo)
	s.running.Terminate()
	s.running = nil
}

// existing returns the stack, or nil when there is none. A local backend that
// does not exist is left so.
func (s *Stack) existing(ctx context.Context) (backend.Stack, error) {
	if folder, ok := Folder(s.options.Backend); ok {
		if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
			return nil, nil
		}
	}
	b, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	return s.get(ctx, b)
}

// occupy refuses a second change from this process.
func (s *Stack) occupy() error {
	if !s.busy.TryLock() {
		return fmt.Errorf("stack %q is being changed by this process already: wait for that to end", s.options.Stack)
	}
	return nil
}

// makeFolder makes the folder of a local backend.
func (s *Stack) makeFolder() error {
	if folder, ok := Folder(s.options.Backend); ok {
		if err := os.MkdirAll(folder, 0o700); err != nil {
			return fmt.Errorf("making the folder of backend %q: %w", s.options.Backend, err)
		}
	}
	return nil
}

// ensured returns the stack, made when there is none.
func (s *Stack) ensured(ctx context.Context) (backend.Stack, error) {
	b, err := s.open(ctx)
	if err != nil {
		return nil, err
	}
	stack, err := s.get(ctx, b)
	if err != nil || stack != nil {
		return stack, err
	}
	stack, err = create(ctx, b, s.reference())
	return stack, s.explainLock(ctx, err)
}

// open connects to the backend, once.
func (s *Stack) open(ctx context.Context) (diy.Backend, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.backend != nil {
		return s.backend, nil
	}
	b, err := diy.New(ctx, s.sink(), storeURL(s.options.Backend), s.project)
	if err != nil {
		return nil, fmt.Errorf("opening backend %q: %w", s.options.Backend, err)
	}
	s.backend = b
	return b, nil
}

func (s *Stack) get(ctx context.Context, b backend.Backend) (backend.Stack, error) {
	ref, err := b.ParseStackReference(s.reference())
	if err != nil {
		return nil, fmt.Errorf("naming stack %q: %w", s.options.Stack, err)
	}
	stack, err := b.GetStack(ctx, ref)
	if err != nil {
		return nil, fmt.Errorf("looking for stack %q: %w", s.options.Stack, err)
	}
	return stack, nil
}

func create(ctx context.Context, b backend.Backend, reference string) (backend.Stack, error) {
	ref, err := b.ParseStackReference(reference)
	if err != nil {
		return nil, fmt.Errorf("naming stack %q: %w", reference, err)
	}
	stack, err := b.CreateStack(ctx, ref, "", nil, nil)
	if err != nil {
		return nil, fmt.Errorf("making stack %q: %w", reference, err)
	}
	return stack, nil
}
