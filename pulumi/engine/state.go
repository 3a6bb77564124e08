package engine

import (
	"context"
	"fmt"

	"github.com/pulumi/pulumi/pkg/v3/resource/stack"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	secretsconfig "github.com/pulumi/pulumi/sdk/v3/go/common/resource/config"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
)

// Resource is one resource recorded in the state.
type Resource struct {
	URN  string
	Type string
	Name string
	// ID is the provider's own id; empty for a component.
	ID string
	// DependsOn are the URNs of the resources that it was made from.
	DependsOn []string
}

// Resources lists what is recorded, in the order of creation, without the
// stack itself and its providers. A stack that does not exist has none.
func (s *Stack) Resources(ctx context.Context) ([]Resource, error) {
	records, err := s.recorded(ctx, nil)
	var out []Resource
	for _, r := range records {
		out = append(out, r.Resource)
	}
	return out, err
}

// Record is a resource with all that the state says of it, secrets decrypted
// and still marked as such.
type Record struct {
	Resource
	// Inputs are what the program gave, Outputs what became of it.
	Inputs, Outputs resource.PropertyMap
}

// Records are Resources with their properties.
func (s *Stack) Records(ctx context.Context) ([]Record, error) {
	return s.recorded(ctx, func(r *Record, from apitype.ResourceV3, d secretsconfig.Decrypter) (err error) {
		if r.Inputs, err = stack.DeserializeProperties(from.Inputs, d); err == nil {
			r.Outputs, err = stack.DeserializeProperties(from.Outputs, d)
		}
		if err != nil {
			return fmt.Errorf("reading what the state of stack %q says of %q: %w", s.options.Stack, r.Name, err)
		}
		return nil
	})
}

// recorded lists what is recorded; fill, where given, adds the properties.
func (s *Stack) recorded(ctx context.Context, fill func(*Record, apitype.ResourceV3, secretsconfig.Decrypter) error) ([]Record, error) {
	in, err := s.existing(ctx)
	if err != nil || in == nil {
		return nil, err
	}
	deployment, err := s.deployment(ctx, in)
	if err != nil {
		return nil, err
	}
	var decrypter secretsconfig.Decrypter
	if keeper := deployment.SecretsProviders; fill != nil && keeper != nil && keeper.Type != "" {
		manager, err := s.OfType(ctx, keeper.Type, keeper.State)
		if err != nil {
			return nil, err
		}
		decrypter = manager.Decrypter()
	}
	var out []Record
	for _, r := range deployment.Resources {
		if isBookkeeping(string(r.Type)) {
			continue
		}
		one := Record{Resource: resourceOf(r)}
		if fill != nil {
			if err := fill(&one, r, decrypter); err != nil {
				return nil, err
			}
		}
		out = append(out, one)
	}
	return out, nil
}

// resourceOf is a resource as the state has it.
func resourceOf(r apitype.ResourceV3) Resource {
	one := Resource{URN: string(r.URN), Type: string(r.Type), Name: r.URN.Name(), ID: string(r.ID)}
	for _, other := range r.Dependencies {
		one.DependsOn = append(one.DependsOn, string(other))
	}
	return one
}

// Outputs returns what the program exported, secrets decrypted. A stack that
// does not exist has none.
func (s *Stack) Outputs(ctx context.Context) (map[string]any, error) {
	in, err := s.existing(ctx)
	if err != nil || in == nil {
		return nil, err
	}
	exported, err := in.SnapshotStackOutputs(ctx, s)
	if err != nil {
		return nil, fmt.Errorf("reading the outputs of stack %q: %w", s.options.Stack, err)
	}
	out := map[string]any{}
	for key, value := range resource.ToResourcePropertyMap(exported) {
		out[string(key)] = plain(value)
	}
	return out, nil
}

// Remove takes the stack's state away, history and backups included. It
// refuses while resources are recorded.
func (s *Stack) Remove(ctx context.Context) error {
	in, err := s.existing(ctx)
	if err != nil || in == nil {
		return err
	}
	if err := s.occupy(); err != nil {
		return err
	}
	defer s.busy.Unlock()
	if err := s.clearDeadLocks(ctx); err != nil {
		return err
	}
	deployment, err := s.deployment(ctx, in)
	if err != nil {
		return err
	}
	if n := len(deployment.PendingOperations); n > 0 {
		return fmt.Errorf("removing the state of stack %q: %d operations were cut off and may have left something: destroy the stack first", s.options.Stack, n)
	}
	kept, err := in.Backend().RemoveStack(ctx, in, false, true)
	if kept {
		return fmt.Errorf("removing the state of stack %q: it still records resources: destroy the stack first", s.options.Stack)
	}
	if err != nil {
		return fmt.Errorf("removing the state of stack %q: %w", s.options.Stack, s.explainLock(ctx, err))
	}
	return nil
}

// plain turns a property into the Go value it stands for.
func plain(v resource.PropertyValue) any {
	switch {
	case v.IsSecret():
		return plain(v.SecretValue().Element)
	case v.IsOutput():
		return plain(v.OutputValue().Element)
	case v.IsArray():
		out := make([]any, 0, len(v.ArrayValue()))
		for _, element := range v.ArrayValue() {
			out = append(out, plain(element))
		}
		return out
	case v.IsObject():
		out := make(map[string]any, len(v.ObjectValue()))
		for key, element := range v.ObjectValue() {
			out[string(key)] = plain(element)
		}
		return out
	default:
		return v.Mappable()
	}
}

// nameOf is the last part of a URN: the name the program gave.
func nameOf(of string) string {
	return urn.URN(of).Name()
}
