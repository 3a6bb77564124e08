package target

import "fmt"

// Source is who may reach a port.
type Source string

// The sources a firewall rule can name.
const (
	// Nodes are all hosts of the cluster.
	Nodes Source = "nodes"
	// ControlPlanes are the hosts that run the control plane.
	ControlPlanes Source = "control-planes"
	// Anywhere is every address, or those that the target's block allows.
	Anywhere Source = "anywhere"
)

// Port is a range of ports that must be open, and why. Firewalls are derived
// from these declarations; what is not declared stays shut.
type Port struct {
	From, To int
	// Protocol is tcp or udp.
	Protocol string
	Source   Source
	Why      string
}

// ControlPlanePorts are the ports of a control plane, those of every node
// included.
func ControlPlanePorts() []Port {
	return append([]Port{
		{6443, 6443, "tcp", Anywhere, "the Kubernetes API, for users and nodes"},
		{2379, 2380, "tcp", ControlPlanes, "etcd: its members among themselves and the API servers"},
	}, WorkerPorts()...)
}

// WorkerPorts are the ports of every node.
func WorkerPorts() []Port {
	return []Port{
		{10250, 10250, "tcp", Nodes, "the kubelet: logs, exec and metrics, with TLS and authorization"},
	}
}

// LayerPorts are what a network layer needs open between all nodes.
func LayerPorts(layer string) ([]Port, error) {
	switch layer {
	case "flannel":
		return []Port{{8472, 8472, "udp", Nodes, "flannel: pod traffic between hosts, in VXLAN"}}, nil
	case "none":
		return nil, nil
	}
	return nil, fmt.Errorf("looking up the ports of network layer %q: it declares none; use flannel or none", layer)
}
