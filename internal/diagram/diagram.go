// Package diagram draws a cluster: its network, hosts by zone and role, what
// the API is reached by, and the ports between them. It is a pure function of
// the config and of what is known to exist; see package timeline for how a
// cluster came up.
package diagram

import (
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Facts are what is known of a cluster beyond its config.
type Facts struct {
	// Outputs is what phase 1 has made; nil where nothing exists, and all is
	// drawn as what will be.
	Outputs *target.Outputs
	// Trouble is what is wrong with hosts that exist, at most once for each; one
	// that is not in it is not known to be unwell.
	Trouble []Trouble
}

// Trouble is a host that is not well, and why.
type Trouble struct {
	Host   target.Host
	Reason string
}

// state is whether a part is there.
type state int

const (
	// planned parts will exist.
	planned state = iota
	// made parts exist.
	made
	// leaving parts exist, and the config has them no more.
	leaving
	// sick parts exist and are not well.
	sick
	// foreign parts are the user's.
	foreign
)

// Graph is a picture of a cluster, before it is written in some form.
type Graph struct {
	name, place, version string
	network, range_      string
	networkState         state
	zones                []zone
	users                users
	fronts               []front
	waysOut              []part
	planes               []host
	pools                []pool
	pods, services       string
	layer                string
	edges                []edge
	// exists tells that there is a cluster.
	exists bool
}

// part is a box with a title and lines.
type part struct {
	id, title string
	lines     []string
	state     state
}

// zone is a column: a failure domain, or all there is, which has no name.
type zone struct{ name, label, subnet string }

// users is who reaches the API from outside.
type users struct {
	from, ssh []string
}

type front struct {
	part
	users, nodes, everywhere bool
}

// host is a control plane.
type host struct {
	part
	zone string
	disk string
}

// pool is a set of workers, drawn as one.
type pool struct {
	part
	zones []string
	many  bool
}

// Of draws the cluster of a config, defaults filled in.
func Of(cluster *config.Cluster, facts Facts) *Graph {
	b := &builder{cluster: cluster, facts: facts}
	if block, ok := cluster.Spec.Block.(target.Sketched); ok {
		b.sketch = block.Sketch(cluster)
	}
	return b.graph()
}
