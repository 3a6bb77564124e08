// Package credentials is the resource that holds a cluster's secrets: made
// once, when the cluster is, and kept, encrypted, in its state. Only its
// authorities are ever replaced, in steps: see Trust.
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

// Inputs: the cluster that the credentials are made for, and the step that its
// authorities are to take now, absent for none.
const (
	clusterInput  = "cluster"
	rotationInput = "rotation"
)

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

// Outputs that tell where a replacement of the authorities is. A state of a
// version that knew no such thing has none of them, which says Stable.
const (
	rotationStage = "rotationStage"
	rotationLast  = "rotationLast"
	rotationOther = "rotationOther"
)

// rotated are the outputs that a step changes.
func rotated() []string {
	return []string{
		caCertificate, caKey, etcdCACertificate, etcdCAKey, frontProxyCACertificate, frontProxyCAKey,
		rotationStage, rotationLast, rotationOther,
	}
}

// NewProvider serves the resource.
func NewProvider() (pulumirpc.ResourceProviderServer, error) {
	return provider.New(map[string]provider.Resource{Type: credentials{}}), nil
}

// credentials is the resource: nothing outside its state exists of it.
type credentials struct{}

var _ provider.Resource = credentials{}

// Diff replaces credentials only when they belong to another cluster, and
// changes them only for a step that is due: an input that is absent again, as
// in every later run, undoes nothing.
func (credentials) Diff(_ context.Context, request provider.DiffRequest) (provider.Diff, error) {
	diff := provider.Diff{Replace: provider.Changed(request.State, request.Inputs, clusterInput)}
	due, err := isDue(request.State, request.Inputs)
	if due {
		diff.Update = []string{rotationStage}
	}
	return diff, err
}

// isDue tells whether the inputs ask for a step that the state has not taken.
// The step that it took last is the same run, gone on with; save for going
// back, of which whoever asks must see to it that it is asked once.
func isDue(state, inputs provider.Properties) (bool, error) {
	step := provider.Text(inputs, rotationInput)
	if step == "" || step != Back && step == provider.Text(state, rotationLast) {
		return false, nil
	}
	_, err := After(provider.Text(state, rotationStage), step)
	return err == nil, err
}

func (credentials) Create(_ context.Context, request provider.CreateRequest) (string, provider.Properties, error) {
	cluster := provider.Text(request.Inputs, clusterInput)
	if request.Preview {
		return "", unknown(request.Inputs), nil
	}
	if cluster == "" {
		return "", nil, fmt.Errorf("making credentials %q: the input %q is empty", request.Name, clusterInput)
	}
	if step := provider.Text(request.Inputs, rotationInput); step != "" {
		return "", nil, fmt.Errorf("making credentials %q: they are new, and step %q replaces the authorities of a cluster that exists", request.Name, step)
	}
	made, err := node.NewCredentials(cluster, time.Now(), rand.Reader)
	if err != nil {
		return "", nil, err
	}
	state, err := properties(cluster, kept{Credentials: made})
	return cluster, state, err
}

func (credentials) Read(_ context.Context, request provider.ReadRequest) (provider.ReadResult, error) {
	return provider.ReadResult{ID: request.ID, State: request.State, Inputs: request.Inputs}, nil
}

// Update takes a step. It is asked for nothing else: see Diff.
func (credentials) Update(_ context.Context, request provider.UpdateRequest) (provider.Properties, error) {
	due, err := isDue(request.State, request.Inputs)
	if err != nil || !due {
		return request.State, err
	}
	if request.Preview {
		state := request.State.Copy()
		for _, key := range rotated() {
			state[resource.PropertyKey(key)] = provider.Unknown()
		}
		return state, nil
	}
	held, err := read(request.State)
	if err != nil {
		return nil, err
	}
	cluster := provider.Text(request.Inputs, clusterInput)
	next, err := held.take(provider.Text(request.Inputs, rotationInput), cluster, time.Now(), rand.Reader)
	if err != nil {
		return nil, err
	}
	return properties(cluster, next)
}

func (credentials) Delete(context.Context, provider.DeleteRequest) error { return nil }

// properties are the outputs. Certificates are public, and so is where a
// replacement of the authorities is; all else is marked secret, so that the
// state holds it encrypted and no log shows it.
func properties(cluster string, held kept) (provider.Properties, error) {
	other, err := held.other.encode()
	return provider.Properties{
		clusterInput:            resource.NewProperty(cluster),
		caCertificate:           resource.NewProperty(held.CA.Certificate),
		caKey:                   provider.Secret(held.CA.Key),
		etcdCACertificate:       resource.NewProperty(held.EtcdCA.Certificate),
		etcdCAKey:               provider.Secret(held.EtcdCA.Key),
		frontProxyCACertificate: resource.NewProperty(held.FrontProxyCA.Certificate),
		frontProxyCAKey:         provider.Secret(held.FrontProxyCA.Key),
		serviceAccountKey:       provider.Secret(held.ServiceAccountKey),
		encryptionKey:           provider.Secret(held.EncryptionKey),
		bootstrapToken:          provider.Secret(held.BootstrapToken),
		rotationStage:           resource.NewProperty(held.stage),
		rotationLast:            resource.NewProperty(held.last),
		rotationOther:           provider.Secret(other),
	}, err
}

// read is the reverse of properties.
func read(state provider.Properties) (kept, error) {
	text := func(key string) string { return provider.Text(state, key) }
	other, err := decodeAuthorities(text(rotationOther))
	return kept{
		Credentials: node.Credentials{
			CA:                node.Authority{Certificate: text(caCertificate), Key: text(caKey)},
			EtcdCA:            node.Authority{Certificate: text(etcdCACertificate), Key: text(etcdCAKey)},
			FrontProxyCA:      node.Authority{Certificate: text(frontProxyCACertificate), Key: text(frontProxyCAKey)},
			ServiceAccountKey: text(serviceAccountKey),
			EncryptionKey:     text(encryptionKey),
			BootstrapToken:    text(bootstrapToken),
		},
		stage: text(rotationStage), last: text(rotationLast), other: other,
	}, err
}

// unknown is what a preview knows: that there will be such outputs.
func unknown(inputs provider.Properties) provider.Properties {
	state := inputs.Copy()
	for _, key := range append(rotated(), serviceAccountKey, encryptionKey, bootstrapToken) {
		state[resource.PropertyKey(key)] = provider.Unknown()
	}
	return state
}
