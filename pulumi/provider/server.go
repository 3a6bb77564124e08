package provider

import (
	"context"
	"fmt"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// version is what in-process providers call themselves: they are as old as the
// program they are part of.
const version = "1.0.0"

// server speaks the provider protocol for a table of resources.
type server struct {
	pulumirpc.UnimplementedResourceProviderServer
	resources map[string]Resource
}

var _ pulumirpc.ResourceProviderServer = (*server)(nil)

func (s *server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: version}, nil
}

func (s *server) GetSchema(context.Context, *pulumirpc.GetSchemaRequest) (*pulumirpc.GetSchemaResponse, error) {
	return &pulumirpc.GetSchemaResponse{Schema: "{}"}, nil
}

func (s *server) CheckConfig(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: request.GetNews()}, nil
}

func (s *server) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

// Configure accepts secrets, so that the engine tells which values are.
func (s *server) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

func (s *server) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Cancel has nothing to do: the engine cancels the contexts of its calls.
func (s *server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (s *server) Check(_ context.Context, request *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	if _, err := s.find(request.GetUrn()); err != nil {
		return nil, err
	}
	return &pulumirpc.CheckResponse{Inputs: request.GetNews()}, nil
}

func (s *server) Diff(ctx context.Context, request *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	kind, err := s.find(request.GetUrn())
	if err != nil {
		return nil, err
	}
	maps, err := unmarshal(request.GetOlds(), request.GetOldInputs(), request.GetNews())
	if err != nil {
		return nil, err
	}
	diff, err := kind.Diff(ctx, DiffRequest{
		Name: name(request.GetUrn()), ID: request.GetId(), State: maps[0], OldInputs: maps[1], Inputs: maps[2],
	})
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{
		Changes:             pulumirpc.DiffResponse_DIFF_NONE,
		Replaces:            diff.Replace,
		DeleteBeforeReplace: diff.DeleteFirst && len(diff.Replace) > 0,
		Diffs:               slices.Concat(diff.Replace, diff.Update),
	}
	if len(response.Diffs) > 0 {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
	}
	return response, nil
}

func (s *server) Create(ctx context.Context, request *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	kind, err := s.find(request.GetUrn())
	if err != nil {
		return nil, err
	}
	maps, err := unmarshal(request.GetProperties())
	if err != nil {
		return nil, err
	}
	id, state, err := kind.Create(ctx, CreateRequest{
		Name: name(request.GetUrn()), Inputs: maps[0], Preview: request.GetPreview(),
	})
	if err != nil {
		return nil, failed(err)
	}
	properties, err := marshal(state)
	return &pulumirpc.CreateResponse{Id: id, Properties: properties}, err
}

func (s *server) Read(ctx context.Context, request *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	kind, err := s.find(request.GetUrn())
	if err != nil {
		return nil, err
	}
	maps, err := unmarshal(request.GetProperties(), request.GetInputs())
	if err != nil {
		return nil, err
	}
	result, err := kind.Read(ctx, ReadRequest{
		Name: name(request.GetUrn()), ID: request.GetId(), State: maps[0], Inputs: maps[1],
	})
	if err != nil || result.ID == "" {
		return &pulumirpc.ReadResponse{}, err
	}
	state, err := marshal(result.State)
	if err != nil {
		return nil, err
	}
	inputs, err := marshal(result.Inputs)
	return &pulumirpc.ReadResponse{Id: result.ID, Properties: state, Inputs: inputs}, err
}

func (s *server) Update(ctx context.Context, request *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	kind, err := s.find(request.GetUrn())
	if err != nil {
		return nil, err
	}
	maps, err := unmarshal(request.GetOlds(), request.GetOldInputs(), request.GetNews())
	if err != nil {
		return nil, err
	}
	state, err := kind.Update(ctx, UpdateRequest{
		Name: name(request.GetUrn()), ID: request.GetId(),
		State: maps[0], OldInputs: maps[1], Inputs: maps[2], Preview: request.GetPreview(),
	})
	if err != nil {
		return nil, err
	}
	properties, err := marshal(state)
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

func (s *server) Delete(ctx context.Context, request *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	kind, err := s.find(request.GetUrn())
	if err != nil {
		return nil, err
	}
	maps, err := unmarshal(request.GetProperties())
	if err != nil {
		return nil, err
	}
	return &emptypb.Empty{}, kind.Delete(ctx, DeleteRequest{
		Name: name(request.GetUrn()), ID: request.GetId(), State: maps[0],
	})
}

// find is the resource of a URN's type.
func (s *server) find(urn string) (Resource, error) {
	token := string(resource.URN(urn).Type())
	if kind, found := s.resources[token]; found {
		return kind, nil
	}
	return nil, fmt.Errorf("looking up resource type %q: this provider has none of that name", token)
}

func name(urn string) string { return resource.URN(urn).Name() }

func marshal(properties Properties) (*structpb.Struct, error) {
	return plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
}

// unmarshal reads property maps; one that is absent is empty.
func unmarshal(structs ...*structpb.Struct) ([]Properties, error) {
	var maps []Properties
	for _, given := range structs {
		properties, err := plugin.UnmarshalProperties(given, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
		if err != nil {
			return nil, fmt.Errorf("reading the properties of a resource: %w", err)
		}
		maps = append(maps, properties)
	}
	return maps, nil
}
