package target

import "github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"

// Sketched is a block of the config that tells what its target puts around the
// hosts, for pictures of a cluster. It goes by the config alone.
type Sketched interface {
	Sketch(cluster *config.Cluster) Sketch
}

// Sketch is what is around the hosts of a cluster.
type Sketch struct {
	// Place is where the cluster is: "Google Cloud, europe-west4".
	Place string
	// Network is what the hosts' network is: "VPC network", "Docker network".
	Network string
	// Existing tells that the network is the user's, and not made.
	Existing bool
	// Zones are the failure domains, in order; none where there are none.
	Zones []Zone
	// Fronts are what the API is reached by.
	Fronts []Front
	// WaysOut are the NAT gateways that are made.
	WaysOut []string
	// Users are the ranges from which users may reach the API, or words for who
	// they are; SSH are those that may log in to hosts.
	Users, SSH []string
	// Hosts are those whose names, and perhaps addresses, are known beforehand.
	Hosts []Host
}

// Zone is a failure domain.
type Zone struct {
	Name string
	// Subnet is the hosts' own there; empty where one spans all zones.
	Subnet string
}

// Front is what stands between API servers and those who call them.
type Front struct {
	// Name is what it is: "internal load balancer".
	Name string
	// Listens is where, as far as that is known beforehand: host:port.
	Listens []string
	// Users and Nodes tell whose calls it passes on.
	Users, Nodes bool
	// Everywhere tells that every node has one of its own.
	Everywhere bool
	// Foreign tells that it is the user's, and not made.
	Foreign bool
}
