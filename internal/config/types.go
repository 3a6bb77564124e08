// Package config is the cluster config object: the one document that says
// what a cluster is to be. It is read strictly, completed with defaults and
// checked as a whole before anything is touched.
package config

import "encoding/json"

// What the config object calls itself.
const (
	APIVersion = "kubernetes-anywhere.io/v1alpha1"
	Kind       = "Cluster"
)

// Cluster is the config object. It marshals to the JSON that it is read from.
type Cluster struct {
	Schema     string   `json:"$schema,omitempty"`
	APIVersion string   `json:"apiVersion"`
	Kind       string   `json:"kind"`
	Metadata   Metadata `json:"metadata"`
	Spec       Spec     `json:"spec"`
}

// Metadata names the cluster.
type Metadata struct {
	// Name is the cluster's name: of its state, its kubeconfig context and
	// every resource it is made of. A DNS label of at most 32 characters.
	Name string `json:"name"`
}

// Spec is what the cluster is to be.
type Spec struct {
	// Target is where the hosts come from: the name of a registered target.
	Target string `json:"target"`
	// KubernetesVersion is a full version with its v, such as v1.37.1.
	KubernetesVersion string       `json:"kubernetesVersion"`
	ControlPlane      ControlPlane `json:"controlPlane"`
	Pools             []Pool       `json:"pools"`
	Network           Network      `json:"network"`
	Images            Images       `json:"images"`
	// Block is the block that the target declares, a pointer to its own
	// struct; in the document it stands under the target's name.
	Block any `json:"-"`
}

// ControlPlane is the set of named, fixed hosts that run the control plane.
type ControlPlane struct {
	// Count is 1, 3 or 5.
	Count int `json:"count"`
}

// Pool is a set of alike workers.
type Pool struct {
	Name   string            `json:"name"`
	Count  int               `json:"count"`
	Labels map[string]string `json:"labels,omitempty"`
	Taints []Taint           `json:"taints,omitempty"`
}

// Taint keeps pods that do not tolerate it off a pool's nodes.
type Taint struct {
	Key   string `json:"key"`
	Value string `json:"value,omitempty"`
	// Effect is NoSchedule, PreferNoSchedule or NoExecute.
	Effect string `json:"effect"`
}

// Network is every address range of the cluster, none of which may overlap.
type Network struct {
	// Layer is the pod network: flannel or none.
	Layer string `json:"layer"`
	// PodCIDR is cut into one /24 a node.
	PodCIDR     string `json:"podCIDR"`
	ServiceCIDR string `json:"serviceCIDR"`
	// NodeCIDR is the hosts' own network.
	NodeCIDR  string `json:"nodeCIDR"`
	DNSDomain string `json:"dnsDomain"`
}

// Images says where container images come from.
type Images struct {
	// Registry replaces the upstream registries by a mirror that holds the
	// same paths; empty means upstream.
	Registry string `json:"registry,omitempty"`
	// Bundle is the path of an archive of all images, made by
	// 'kubectl anywhere images bundle'. Hosts load it and pull nothing.
	Bundle string `json:"bundle,omitempty"`
}

// specFields is Spec without its methods.
type specFields Spec

// MarshalJSON writes the spec with the target's block under its name.
func (s Spec) MarshalJSON() ([]byte, error) {
	fields, err := json.Marshal(specFields(s))
	if err != nil || s.Block == nil {
		return fields, err
	}
	whole := map[string]json.RawMessage{}
	if err := json.Unmarshal(fields, &whole); err != nil {
		return nil, err
	}
	if whole[s.Target], err = json.Marshal(s.Block); err != nil {
		return nil, err
	}
	return json.Marshal(whole)
}

// Block is what a target adds to the config: the struct of its own settings.
type Block interface {
	// Default fills what the user left out.
	Default(*Cluster)
	// Validate tells what is wrong. Paths in its problems are relative to
	// the block; positions are filled in by the caller.
	Validate(*Cluster) []FieldProblem
}

// FieldProblem is a problem with one field, before its place in a file is
// known.
type FieldProblem struct {
	Path    string
	Message string
	Fix     string
}
