package toy

import (
	"context"
	"fmt"
	"os"
	"path/filepath"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// hostType is the token of the target's own resource.
const hostType = "toy:index:Host"

// Inputs of a host, and the address that it is given.
const (
	folderKey  = "folder"
	scriptKey  = "userData"
	bundleKey  = "bundle"
	addressKey = "address"
)

// hosts makes each host as a folder. Its id is the folder's path.
type hosts struct{}

var _ provider.Resource = hosts{}

// Diff replaces a host for another folder, and writes its files anew for
// anything else.
func (hosts) Diff(_ context.Context, request provider.DiffRequest) (provider.Diff, error) {
	return provider.Diff{
		Replace: provider.Changed(request.State, request.Inputs, folderKey),
		Update:  provider.Changed(request.State, request.Inputs, scriptKey, bundleKey),
	}, nil
}

// Create makes the host, or takes the one that a run before has left.
func (hosts) Create(_ context.Context, request provider.CreateRequest) (string, provider.Properties, error) {
	state := request.Inputs.Copy()
	state[addressKey] = resource.NewProperty("192.0.2.1")
	if request.Preview {
		return "", state, nil
	}
	path := filepath.Join(provider.Text(request.Inputs, folderKey), request.Name)
	return path, state, write(path, request.Inputs)
}

// write makes the folder what the inputs say.
func write(path string, inputs provider.Properties) error {
	if err := os.MkdirAll(path, 0o700); err != nil {
		return fmt.Errorf("making the host %q: %w", path, err)
	}
	for _, key := range []string{scriptKey, bundleKey} {
		if err := os.WriteFile(filepath.Join(path, key), []byte(provider.Text(inputs, key)), 0o600); err != nil {
			return fmt.Errorf("making the host %q: %w", path, err)
		}
	}
	return nil
}

// Read looks at what is there. A host that somebody took away has no id.
func (hosts) Read(_ context.Context, request provider.ReadRequest) (provider.ReadResult, error) {
	if _, err := os.Stat(request.ID); err != nil {
		return provider.ReadResult{}, nil
	}
	return provider.ReadResult{ID: request.ID, State: request.State, Inputs: request.Inputs}, nil
}

// Update changes it in place.
func (hosts) Update(_ context.Context, request provider.UpdateRequest) (provider.Properties, error) {
	state := request.Inputs.Copy()
	state[addressKey] = request.State[addressKey]
	if request.Preview {
		return state, nil
	}
	return state, write(request.ID, request.Inputs)
}

// Delete removes it; that it is gone already is no error.
func (hosts) Delete(_ context.Context, request provider.DeleteRequest) error {
	return os.RemoveAll(request.ID)
}
