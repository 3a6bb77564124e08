package baremetal

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
	b := block(cluster)
	s := target.Sketch{
		Place: "machines of yours", Network: "network of yours", Existing: true,
		Users: []string{"whoever your network lets in"},
	}
	for _, m := range machines(cluster) {
		s.Hosts = append(s.Hosts, target.Host{Name: m.name, Role: m.role, Pool: m.pool, Address: m.address})
	}
	if b.Endpoint != "" {
		s.Fronts = append(s.Fronts, target.Front{
			Name: "endpoint of yours", Users: true, Foreign: true,
			Listens: []string{net.JoinHostPort(b.Endpoint, strconv.Itoa(apiServerPort))},
		})
	}
	s.Fronts = append(s.Fronts, target.Front{
		Name: "balancer of every node", Listens: []string{node.BalancerEndpoint}, Nodes: true, Everywhere: true,
	})
	return s
}
