package local

import (
	"net"
	"strconv"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

var _ target.Sketched = (*Block)(nil)

// Sketch tells what is around the hosts: see program.go.
func (*Block) Sketch(cluster *config.Cluster) target.Sketch {
	s := target.Sketch{Place: "this machine, in containers", Network: "Docker network", Users: []string{"this machine"}}
	published := net.JoinHostPort("127.0.0.1", strconv.Itoa(block(cluster).APIPort))
	in := target.Inputs{Cluster: cluster}
	planes, err := members(in)
	if err != nil {
		return s // Validate says why
	}
	for _, plane := range planes {
		s.Hosts = append(s.Hosts, target.Host{Name: plane.Name, Role: node.ControlPlane, Address: plane.Address})
	}
	for _, pool := range cluster.Spec.Pools {
		for _, name := range pool.NodeNames(cluster.Metadata.Name) {
			s.Hosts = append(s.Hosts, target.Host{Name: name, Role: node.Worker, Pool: pool.Name})
		}
	}
	if !isBalanced(cluster) {
		s.Fronts = []target.Front{{Name: "published port", Listens: []string{published}, Users: true}}
		return s
	}
	front := target.Front{Name: "balancer, a container", Listens: []string{published}, Users: true, Nodes: true}
	if api, err := nodeEndpoint(in, planes); err == nil {
		front.Listens = append(front.Listens, api)
	}
	s.Fronts = []target.Front{front}
	return s
}
