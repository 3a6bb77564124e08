// Package credentials is the resource that holds a cluster's secrets: made
// once, when the cluster is, and kept, encrypted, in its state.
package credentials

import (
	"context"
	"crypto/rand"
	"fmt"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Package is the name of the provider; every target serves it.
const Package = "kubernetes-anywhere"

// Type is the resource's type token.
const Type = "kubernetes-anywhere:index:Credentials"

// clusterInput is the one thing the credentials are made for.
const clusterInput = "cluster"

// Names of the outputs, and where each stands in node.Credentials.
const (
	caCertificate           = "caCertificate"
	caKey                   = "caKey"
	etcdCACertificate       = "etcdCACertificate"
	etcdCAKey               = "etcdCAKey"
	frontProxyCACertificate = "frontProxyCACertificate"
	frontProxyCAKey         = "frontProxyCAKey"
	serviceAccountKey       = "serviceAccountKey"
	encryptionKey           = "encryptionKey"
	bootstrapToken          = "bootstrapToken"
)

// NewProvider serves the resource.
func NewProvider() (pulumirpc.ResourceProviderServer, error) {
	return provider.New(map[string]provider.Resource{Type: credentials{}}), nil
}

// credentials is the resource: nothing outside its state exists of it.
type credentials struct{}

var _ provider.Resource = credentials{}

// Diff replaces credentials only when they belong to another cluster.
func (credentials) Diff(_ context.Context, request provider.DiffRequest) (provider.Diff, error) {
	return provider.Diff{Replace: provider.Changed(request.State, request.Inputs, clusterInput)}, nil
}

func (credentials) Create(_ context.Context, request provider.CreateRequest) (string, provider.Properties, error) {
	cluster := provider.Text(request.Inputs, clusterInput)
	if request.Preview {
		return "", unknown(request.Inputs), nil
	}
	if cluster == "" {
		return "", nil, fmt.Errorf("making credentials %q: the input %q is empty", request.Name, clusterInput)
	}
	made, err := node.NewCredentials(cluster, time.Now(), rand.Reader)
	if err != nil {
		return "", nil, err
	}
	return cluster, properties(cluster, made), nil
}

func (credentials) Read(_ context.Context, request provider.ReadRequest) (provider.ReadResult, error) {
	return provider.ReadResult{ID: request.ID, State: request.State, Inputs: request.Inputs}, nil
}

// Update is never asked for: see Diff.
func (credentials) Update(_ context.Context, request provider.UpdateRequest) (provider.Properties, error) {
	return request.State, nil
}

func (credentials) Delete(context.Context, provider.DeleteRequest) error { return nil }

// properties are the outputs. Certificates are public; all else is marked
// secret, so that the state holds it encrypted and no log shows it.
func properties(cluster string, made node.Credentials) provider.Properties {
	return provider.Properties{
		clusterInput:            resource.NewProperty(cluster),
		caCertificate:           resource.NewProperty(made.CA.Certificate),
		caKey:                   provider.Secret(made.CA.Key),
		etcdCACertificate:       resource.NewProperty(made.EtcdCA.Certificate),
		etcdCAKey:               provider.Secret(made.EtcdCA.Key),
		frontProxyCACertificate: resource.NewProperty(made.FrontProxyCA.Certificate),
		frontProxyCAKey:         provider.Secret(made.FrontProxyCA.Key),
		serviceAccountKey:       provider.Secret(made.ServiceAccountKey),
		encryptionKey:           provider.Secret(made.EncryptionKey),
		bootstrapToken:          provider.Secret(made.BootstrapToken),
	}
}

// unknown is what a preview knows: that there will be such outputs.
func unknown(inputs provider.Properties) provider.Properties {
	state := inputs.Copy()
	for key := range properties("", node.Credentials{}) {
		if key != clusterInput {
			state[key] = provider.Unknown()
		}
	}
	return state
}
