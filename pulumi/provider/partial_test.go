package provider

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil/rpcerror"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// half is a resource that is never made to its end.
type half struct {
	thing
	err error
}

func (h *half) Create(context.Context, CreateRequest) (string, Properties, error) {
	return "", nil, h.err
}

func TestServer_RecordsWhatAFailedCreateLeft(t *testing.T) {
	state := Properties{"open": resource.NewProperty("a"), "closed": Secret("b")}
	partial := &Partial{ID: "id", State: state, Err: errors.New("it broke")}
	for name, test := range map[string]struct {
		err  error
		left bool
	}{
		"left something": {fmt.Errorf("making it: %w", partial), true},
		"left nothing":   {errors.New("making it: it broke"), false},
	} {
		server := New(map[string]Resource{"local:index:Thing": &half{err: test.err}})
		_, err := server.Create(t.Context(), &pulumirpc.CreateRequest{Urn: urn})
		if err == nil {
			t.Fatalf("%s: it went well", name)
		}
		var recorded *pulumirpc.ErrorResourceInitFailed
		if status, ok := rpcerror.FromError(err); ok {
			for _, detail := range status.Details() {
				recorded, _ = detail.(*pulumirpc.ErrorResourceInitFailed)
			}
		}
		if (recorded != nil) != test.left {
			t.Errorf("%s: got %v, %v", name, recorded, err)
			continue
		}
		if !test.left {
			continue
		}
		maps, err := unmarshal(recorded.Properties)
		if err != nil || recorded.Id != "id" || !maps[0]["closed"].IsSecret() || len(recorded.Reasons) != 1 || recorded.Reasons[0] != "making it: it broke" {
			t.Errorf("%s: recorded is %v, %v", name, recorded, err)
		}
	}
}
