package cli

import (
	"context"
	"fmt"
	"os"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// project is the Pulumi project that every cluster is a stack of.
const project = "kubernetes-anywhere"

// passphraseVariable is Pulumi's own, so that its CLI opens the same state.
const passphraseVariable = "PULUMI_CONFIG_PASSPHRASE"

// narrate tells what is no data, outside of phases, which have a reporter.
func (s *session) narrate(text string) { fmt.Fprintln(s.env.ErrOut, text) }

// stack opens the cluster's state, to be made where there is none.
func (s *session) stack(ctx context.Context, say func(string)) (*engine.Stack, error) {
	if err := refuse(s.nameInUse()); err != nil {
		return nil, err
	}
	phrase := s.env.Getenv(passphraseVariable)
	if phrase == "" {
		kept, made, err := s.dir.Passphrase()
		if err != nil {
			return nil, err
		}
		if made {
			say("secrets in the state are encrypted with a new passphrase, kept in " + s.dir.PassphraseFile())
		}
		phrase = kept
	}
	return s.openStack(ctx, s.backend, s.dir.Engine(), phrase, say)
}

// existing opens the cluster's state only where there is one, and makes
// nothing: without state, the stack is nil.
func (s *session) existing(ctx context.Context, say func(string)) (*engine.Stack, error) {
	if err := refuse(s.nameInUse()); err != nil {
		return nil, err
	}
	if _, err := os.Stat(s.dir.Path()); err != nil && s.backend == s.dir.Backend() {
		return nil, nil
	}
	phrase := s.env.Getenv(passphraseVariable)
	if phrase == "" {
		kept, err := s.dir.SavedPassphrase()
		if err != nil {
			return nil, err
		}
		if kept == "" {
			return nil, s.lacksPassphrase(ctx, say)
		}
		phrase = kept
	}
	stack, err := s.openStack(ctx, s.backend, s.dir.Engine(), phrase, say)
	if err != nil {
		return nil, err
	}
	found, err := stack.Exists(ctx)
	if err != nil || !found {
		stack.Close()
		return nil, err
	}
	return stack, nil
}

// lacksPassphrase is an error where there is a state that cannot be read: one
// that somebody else made, or whose passphrase was lost. Whether there is one
// can be told without.
func (s *session) lacksPassphrase(ctx context.Context, say func(string)) error {
	scratch, err := os.MkdirTemp("", "anywhere-state")
	if err != nil {
		return fmt.Errorf("making a folder to look for the state with: %w", err)
	}
	defer os.RemoveAll(scratch)
	stack, err := s.openStack(ctx, s.backend, scratch, "unknown", say)
	if err != nil {
		return err
	}
	defer stack.Close()
	found, err := stack.Exists(ctx)
	if err != nil || !found {
		return err
	}
	return &usageError{fmt.Errorf("the passphrase of the state of cluster %q at %s is not kept here: set %s",
		s.cluster.Metadata.Name, s.backend, passphraseVariable)}
}

func (s *session) openStack(ctx context.Context, backend, home, phrase string, say func(string)) (*engine.Stack, error) {
	plugins, err := s.pluginDir()
	if err != nil {
		return nil, err
	}
	stack, err := engine.Open(ctx, engine.Options{
		Project:    project,
		Stack:      s.cluster.Metadata.Name,
		Backend:    backend,
		Home:       home,
		Passphrase: phrase,
		Providers:  s.target.Providers(),
		Lengthy:    s.lengthy(),
		Plugins:    s.plugins(),
		PluginDir:  plugins,
		Notice:     say,
	})
	if err != nil {
		return nil, fmt.Errorf("opening the state of cluster %q: %w", s.cluster.Metadata.Name, err)
	}
	if s.env.Terminated != nil {
		// The second interrupt; on a stack where nothing runs it does nothing.
		context.AfterFunc(s.env.Terminated, stack.Terminate)
	}
	return stack, nil
}

// outputs reads what phase 1 handed on, from the cluster's state.
func (s *session) outputs(ctx context.Context) (target.Outputs, error) {
	name := s.cluster.Metadata.Name
	stack, err := s.existing(ctx, s.narrate)
	if err != nil {
		return target.Outputs{}, err
	}
	if stack == nil {
		return target.Outputs{}, fmt.Errorf("cluster %q has no state at %s; '%s' makes it", name, s.backend, s.creating)
	}
	defer stack.Close()
	values, err := stack.Outputs(ctx)
	if err != nil {
		return target.Outputs{}, err
	}
	if len(values) == 0 {
		return target.Outputs{}, s.unmade(ctx, stack)
	}
	out, err := target.ParseOutputs(values)
	if err != nil {
		return out, fmt.Errorf("asking the state of cluster %q for its hosts: %w", name, err)
	}
	return out, nil
}
