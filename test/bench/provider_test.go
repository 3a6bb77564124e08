package bench_test

import (
	"context"
	"errors"
	"fmt"
	"testing"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/protobuf/types/known/structpb"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/local"
)

// provider makes hosts by the local target's own provider, without the engine:
// the containers differ from ours in nothing but what they are told at boot.
type provider struct {
	server pulumirpc.ResourceProviderServer
}

func newProvider(b *testing.B) *provider {
	b.Helper()
	server, err := local.New().Providers()["local"]()
	if err != nil {
		b.Fatal(err)
	}
	return &provider{server}
}

func hostNames() []string {
	return []string{kubeadmCluster + "-control-plane-1", kubeadmCluster + "-workers-1", kubeadmCluster + "-workers-2"}
}

func urn(kind, name string) string {
	return "urn:pulumi:bench::bench::local:index:" + kind + "::" + name
}

func (p *provider) create(ctx context.Context, kind, name string, values map[string]string) error {
	inputs := map[string]any{"cluster": kubeadmCluster, "name": name, "cidr": nodeCIDR}
	for key, value := range values {
		inputs[key] = value
	}
	properties, err := structpb.NewStruct(inputs)
	if err != nil {
		return fmt.Errorf("making %s %q: %w", kind, name, err)
	}
	_, err = p.server.Create(ctx, &pulumirpc.CreateRequest{Urn: urn(kind, name), Properties: properties})
	return err
}

func (p *provider) makeNetwork(ctx context.Context) error {
	return p.create(ctx, "Network", kubeadmCluster, nil)
}

func (p *provider) makeHost(ctx context.Context, name string, values map[string]string) error {
	values["network"] = kubeadmCluster
	values["image"] = hostImage()
	return p.create(ctx, "Host", name, values)
}

// hostImage is what the local target takes by default.
func hostImage() string {
	block := &local.Block{}
	block.Default(nil)
	return block.HostImage
}

// clear removes every host and the network, there or not.
func (p *provider) clear(ctx context.Context) error {
	var failed []error
	remove := func(kind, name string) {
		properties, err := structpb.NewStruct(map[string]any{"cluster": kubeadmCluster, "name": name})
		if err == nil {
			_, err = p.server.Delete(ctx, &pulumirpc.DeleteRequest{Urn: urn(kind, name), Id: name, Properties: properties})
		}
		failed = append(failed, err)
	}
	for _, name := range hostNames() {
		remove("Host", name)
	}
	remove("Network", kubeadmCluster)
	return errors.Join(failed...)
}
