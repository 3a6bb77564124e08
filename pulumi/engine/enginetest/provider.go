package enginetest

import (
	"context"
	"errors"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource/urn"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/emptypb"
	"google.golang.org/protobuf/types/known/structpb"
)

// provider is a resource provider over a world.
type provider struct {
	pulumirpc.UnimplementedResourceProviderServer
	world     *World
	cancelled context.Context
	cancel    context.CancelFunc
}

var _ pulumirpc.ResourceProviderServer = (*provider)(nil)

func (p *provider) GetPluginInfo(context.Context, *emptypb.Empty) (*pulumirpc.PluginInfo, error) {
	return &pulumirpc.PluginInfo{Version: "1.0.0"}, nil
}

// Attach needs nothing of the engine: a thing has nothing to log.
func (p *provider) Attach(context.Context, *pulumirpc.PluginAttach) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, nil
}

func (p *provider) CheckConfig(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	return &pulumirpc.CheckResponse{Inputs: req.GetNews()}, nil
}

func (p *provider) DiffConfig(context.Context, *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	return &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE}, nil
}

func (p *provider) Configure(context.Context, *pulumirpc.ConfigureRequest) (*pulumirpc.ConfigureResponse, error) {
	return &pulumirpc.ConfigureResponse{AcceptSecrets: true, SupportsPreview: true}, nil
}

// Check refuses a value of "invalid".
func (p *provider) Check(_ context.Context, req *pulumirpc.CheckRequest) (*pulumirpc.CheckResponse, error) {
	response := &pulumirpc.CheckResponse{Inputs: req.GetNews()}
	if req.GetNews().GetFields()["value"].GetStringValue() == "invalid" {
		response.Failures = []*pulumirpc.CheckFailure{{Property: "value", Reason: "the value is invalid"}}
	}
	return response, nil
}

// Diff updates a thing in place, save its shape.
func (p *provider) Diff(_ context.Context, req *pulumirpc.DiffRequest) (*pulumirpc.DiffResponse, error) {
	was, err := thingOf(req.GetOlds())
	if err != nil {
		return nil, err
	}
	wanted, err := thingOf(req.GetNews())
	if err != nil {
		return nil, err
	}
	response := &pulumirpc.DiffResponse{Changes: pulumirpc.DiffResponse_DIFF_NONE, HasDetailedDiff: true, DetailedDiff: map[string]*pulumirpc.PropertyDiff{}}
	for property, differs := range map[string]bool{"value": was.Value != wanted.Value, "secret": was.Secret != wanted.Secret} {
		if differs {
			response.Changes = pulumirpc.DiffResponse_DIFF_SOME
			response.Diffs = append(response.Diffs, property)
			response.DetailedDiff[property] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE}
		}
	}
	if was.Shape != wanted.Shape {
		response.Changes = pulumirpc.DiffResponse_DIFF_SOME
		response.Replaces, response.DeleteBeforeReplace = []string{"shape"}, true
		response.DetailedDiff["shape"] = &pulumirpc.PropertyDiff{Kind: pulumirpc.PropertyDiff_UPDATE_REPLACE}
	}
	return response, nil
}

// Create adopts a thing of the same name.
func (p *provider) Create(ctx context.Context, req *pulumirpc.CreateRequest) (*pulumirpc.CreateResponse, error) {
	thing, err := thingOf(req.GetProperties())
	if err != nil || req.GetPreview() {
		return &pulumirpc.CreateResponse{Properties: req.GetProperties()}, err
	}
	name := urn.URN(req.GetUrn()).Name()
	if err := p.call(ctx, Create, name, func(things map[string]Thing) { things[name] = thing }); err != nil {
		return nil, err
	}
	return &pulumirpc.CreateResponse{Id: name, Properties: req.GetProperties()}, nil
}

func (p *provider) Read(ctx context.Context, req *pulumirpc.ReadRequest) (*pulumirpc.ReadResponse, error) {
	if err := p.call(ctx, Read, req.GetId(), func(map[string]Thing) {}); err != nil {
		return nil, err
	}
	thing, ok := p.world.get(req.GetId())
	if !ok {
		return &pulumirpc.ReadResponse{}, nil
	}
	properties, err := propertiesOf(thing)
	return &pulumirpc.ReadResponse{Id: req.GetId(), Properties: properties, Inputs: properties}, err
}

func (p *provider) Update(ctx context.Context, req *pulumirpc.UpdateRequest) (*pulumirpc.UpdateResponse, error) {
	thing, err := thingOf(req.GetNews())
	if err != nil || req.GetPreview() {
		return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, err
	}
	err = p.call(ctx, Update, req.GetId(), func(things map[string]Thing) { things[req.GetId()] = thing })
	return &pulumirpc.UpdateResponse{Properties: req.GetNews()}, err
}

// Delete of what is gone succeeds.
func (p *provider) Delete(ctx context.Context, req *pulumirpc.DeleteRequest) (*emptypb.Empty, error) {
	return &emptypb.Empty{}, p.call(ctx, Delete, req.GetId(), func(things map[string]Thing) { delete(things, req.GetId()) })
}

// Cancel ends the contexts of the faults in flight.
func (p *provider) Cancel(context.Context, *emptypb.Empty) (*emptypb.Empty, error) {
	p.cancel()
	return &emptypb.Empty{}, nil
}

func (p *provider) call(ctx context.Context, op, name string, change func(map[string]Thing)) error {
	if name == "" {
		return errors.New("the engine gave no id")
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(p.cancelled, cancel)()
	return p.world.call(ctx, op, name, change)
}

var marshal = plugin.MarshalOptions{KeepUnknowns: true, KeepSecrets: true}

// thingOf reads a thing from its properties; what is not known yet is empty.
func thingOf(properties *structpb.Struct) (Thing, error) {
	values, err := plugin.UnmarshalProperties(properties, marshal)
	if err != nil {
		return Thing{}, err
	}
	return Thing{Value: text(values["value"]), Secret: text(values["secret"]), Shape: text(values["shape"])}, nil
}

func text(v resource.PropertyValue) string {
	for v.IsSecret() {
		v = v.SecretValue().Element
	}
	if !v.IsString() {
		return ""
	}
	return v.StringValue()
}

func propertiesOf(thing Thing) (*structpb.Struct, error) {
	values := resource.PropertyMap{"value": resource.NewProperty(thing.Value)}
	if thing.Secret != "" {
		values["secret"] = resource.MakeSecret(resource.NewProperty(thing.Secret))
	}
	if thing.Shape != "" {
		values["shape"] = resource.NewProperty(thing.Shape)
	}
	return plugin.MarshalProperties(values, marshal)
}
