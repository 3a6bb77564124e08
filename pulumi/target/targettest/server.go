package targettest

import (
	"context"
	"fmt"
	"maps"
	"slices"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// server is a resource provider over a cloud.
type server struct {
	pulumirpc.UnimplementedResourceProviderServer
	cloud *Cloud
}

var _ pulumirpc.ResourceProviderServer = (*server)(nil)

func (s *server) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

func (s *server) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (s *server) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
}

func (s *server) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

func (s *server) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

func (s *server) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

// Check asks the vendor's description.
func (s *server) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	kind, known := s.cloud.kinds[typeOf(req.GetUrn())]
	if !known {
		return nil, fmt.Errorf("this cloud knows no %q: describe it in the cloud's test package", typeOf(req.GetUrn()))
	}
	inputs, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.CheckResponse{Inputs: req.GetNews()}
	if kind.Check != nil {
		for _, problem := range kind.Check(Plain(inputs)) {
			response.Failures = append(response.Failures, &pulumirpc.CheckFailure{Property: problem.Property, Reason: problem.Reason})
		}
	}
	return response, nil
}

// Diff compares what was asked for with what is asked for, and what is there
// with both: a refresh has written it into the old inputs.
func (s *server) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	was, err := unmarshal(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	wanted, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{}}
	kind := s.cloud.kinds[typeOf(req.GetUrn())]
	was, wanted = Plain(was), Plain(wanted)
	for _, path := range differing("", resource.NewProperty(was), resource.NewProperty(wanted)) {
		how := pulumirpc.PropertyDiff_UPDATE
		if slices.ContainsFunc(kind.Replace, func(f string) bool { return covers(f, path) }) {
			how = pulumirpc.PropertyDiff_UPDATE_REPLACE
			response.Replaces = append(response.Replaces, path)
		}
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Diffs = append(response.Diffs, path)
		response.DetailedDiff[path] = &pulumirpc.PropertyDiff{Kind: how}
	}
	name := nameIn(was)
	response.DeleteBeforeReplace = len(response.Replaces) > 0 && (kind.DeleteFirst || name != "" && name == nameIn(wanted))
	return response, nil
}

func (s *server) Create(_ context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	inputs, err := unmarshal(req.GetProperties())
	if err != nil || req.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: req.GetProperties()}, err
	}
	if err := s.refused(req.GetUrn(), inputs); err != nil {
		return nil, err
	}
	object, err := s.cloud.create(typeOf(req.GetUrn()), nameOf(req.GetUrn()), inputs)
	if err != nil {
		return nil, err
	}
	properties, err := marshal(object.Outputs)
	return &pulumirpc.CreateResponse{Id: object.ID, Properties: properties}, err
}

func (s *server) Read(_ context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	s.cloud.mu.Lock()
	defer s.cloud.mu.Unlock()
	if err := s.cloud.call(Read, typeOf(req.GetUrn()), nameOf(req.GetUrn())); err != nil {
		return nil, err
	}
	object, found := s.cloud.objects[key(typeOf(req.GetUrn()), req.GetId())]
	if !found {
		return &pulumirpc.ReadResponse{}, nil
	}
	inputs, err := marshal(object.Inputs)
	if err != nil {
		return nil, err
	}
	outputs, err := marshal(object.Outputs)
	return &pulumirpc.ReadResponse{Id: object.ID, Properties: outputs, Inputs: inputs}, err
}

func (s *server) Update(_ context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	inputs, err := unmarshal(req.GetNews())
	if err != nil {
		return nil, err
	}
	if req.GetPreview() {
		return s.previewUpdate(req, inputs)
	}
	if err := s.refused(req.GetUrn(), inputs); err != nil {
		return nil, err
	}
	object, err := s.cloud.update(typeOf(req.GetUrn()), req.GetId(), inputs)
	if err != nil {
		return nil, err
	}
	properties, err := marshal(object.Outputs)
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

// refused asks whether the cloud would have it, as things are.
func (s *server) refused(urn string, inputs Properties) error {
	if refuse := s.cloud.kinds[typeOf(urn)].Refuse; refuse != nil {
		return refuse(nameOf(urn), Plain(inputs))
	}
	return nil
}

// previewUpdate foretells outputs: what the cloud has worked out stays, as
// published providers know it does, so that what hangs on it is not shown as
// changed.
func (s *server) previewUpdate(req *pulumirpc.UpdateRequest, inputs Properties) (*pulumirpc.UpdateResponse, error) {
	outputs, err := unmarshal(req.GetOlds())
	if err != nil {
		return nil, err
	}
	old, err := unmarshal(req.GetOldInputs())
	if err != nil {
		return nil, err
	}
	for k := range old {
		delete(outputs, k)
	}
	maps.Copy(outputs, inputs)
	for _, k := range s.cloud.kinds[typeOf(req.GetUrn())].Renewed {
		outputs[resource.PropertyKey(k)] = resource.MakeComputed(resource.NewProperty(""))
	}
	properties, err := marshal(outputs)
	return &pulumirpc.UpdateResponse{Properties: properties}, err
}

func (s *server) Delete(_ context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, s.cloud.remove(typeOf(req.GetUrn()), req.GetId())
}

func typeOf(text string) string { return string(urn.URN(text).Type()) }
func nameOf(text string) string { return urn.URN(text).Name() }

func unmarshal(properties *structpb.Struct) (Properties, error) {
	return plugin.UnmarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
}

func marshal(properties Properties) (*structpb.Struct, error) {
	return plugin.MarshalProperties(properties, plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true})
}
