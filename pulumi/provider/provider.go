// Package provider serves Pulumi resources from this process: a provider is a
// table of resource types, each of which creates, reads, updates and deletes
// in plain property maps, and the protocol around them is written once.
package provider

import (
	"context"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
)

// Properties are what a resource is made of. Secrets in them are marked, and
// stay marked when they are handed back.
type Properties = resource.PropertyMap

// Resource is one type of resource.
type Resource interface {
	// Diff tells how a wanted state differs from what is.
	Diff(ctx context.Context, request DiffRequest) (Diff, error)
	// Create makes it. In a preview it only says what is known beforehand. A
	// failure that leaves something behind may be a *Partial.
	Create(ctx context.Context, request CreateRequest) (id string, state Properties, err error)
	// Read looks at what is there. An empty id says that there is nothing.
	Read(ctx context.Context, request ReadRequest) (ReadResult, error)
	// Update changes it in place.
	Update(ctx context.Context, request UpdateRequest) (state Properties, err error)
	// Delete removes it; that it is gone already is no error.
	Delete(ctx context.Context, request DeleteRequest) error
}

// CreateRequest is what Create is given.
type CreateRequest struct {
	Name    string
	Inputs  Properties
	Preview bool
}

// ReadRequest is what Read is given; State and Inputs are empty on an import.
type ReadRequest struct {
	Name, ID      string
	State, Inputs Properties
}

// ReadResult is what is there.
type ReadResult struct {
	ID            string
	State, Inputs Properties
}

// DiffRequest is what Diff is given.
type DiffRequest struct {
	Name, ID string
	// State is what was recorded, OldInputs what it was made from.
	State, OldInputs, Inputs Properties
}

// Diff is how a wanted state differs. Keys of Update can be changed in place,
// those of Replace need another resource.
type Diff struct {
	Update, Replace []string
	// DeleteFirst says that old and new cannot be there at once.
	DeleteFirst bool
}

// UpdateRequest is what Update is given.
type UpdateRequest struct {
	Name, ID                 string
	State, OldInputs, Inputs Properties
	Preview                  bool
}

// DeleteRequest is what Delete is given.
type DeleteRequest struct {
	Name, ID string
	State    Properties
}

// New makes a provider of a table from type token to resource.
func New(resources map[string]Resource) pulumirpc.ResourceProviderServer {
	return &server{resources: resources}
}
