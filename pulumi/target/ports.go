package target

import (
	"fmt"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

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

// LayerPorts are what the cluster's network layers need open between all
// nodes: those of one, or of two while the cluster goes from one to the other.
func (in Inputs) LayerPorts() ([]Port, error) {
	layers, err := in.layers()
	if err != nil {
		return nil, err
	}
	var ports []Port
	for _, layer := range layers {
		for _, p := range layer.Ports {
			port := Port{From: p.From, To: p.Last(), Protocol: p.Protocol, Source: Nodes, Why: p.Why}
			if !slices.Contains(ports, port) {
				ports = append(ports, port)
			}
		}
	}
	return ports, nil
}

// layers are the cluster's own, and the one that it is leaving.
func (in Inputs) layers() ([]catalog.Layer, error) {
	name := in.Cluster.Spec.Network.Layer
	var layers []catalog.Layer
	switch {
	case in.Layer != nil:
		layers = append(layers, *in.Layer)
	case catalog.IsPath(name):
		return nil, fmt.Errorf("looking up the ports of network layer %q: its declaration was not read", name)
	default:
		layer, err := catalog.LayerOf(name)
		if err != nil {
			return nil, err
		}
		layers = append(layers, layer)
	}
	if in.OtherLayer != nil {
		layers = append(layers, *in.OtherLayer)
	}
	return layers, nil
}
