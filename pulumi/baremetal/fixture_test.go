package baremetal

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func demo(workers int) *config.Cluster {
	c := &config.Cluster{Metadata: config.Metadata{Name: "demo"}}
	b := &Block{Login: Login{Key: "/k"}, Hosts: []Host{{Address: "10.240.0.2", Role: node.ControlPlane}}}
	for n := range workers {
		b.Hosts = append(b.Hosts, Host{Address: fmt.Sprintf("10.240.0.%d", 10+n), Role: node.Worker})
	}
	c.Spec.Target = name
	c.Spec.Pools = []config.Pool{{Name: "workers", Count: workers}}
	c.Spec.Block = b
	c.Default()
	return c
}

func addresses(cluster *config.Cluster) []string {
	var all []string
	for _, h := range block(cluster).Hosts {
		all = append(all, h.Address)
	}
	return all
}

func archive(t *testing.T, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "archive.tar")
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

func inputs(cluster *config.Cluster, n int) provider.Properties {
	m := machines(cluster)[n]
	return properties(clusterKey, cluster.Metadata.Name, nameKey, m.name, roleKey, m.role, poolKey, m.pool,
		addressKey, m.reach.Address, reachKey, m.reach.String(), imageKey, "example.org/bootstrap:v1", bundleKey, "{}",
		parallelKey, "10", engineKey, "true")
}

func properties(pairs ...string) provider.Properties {
	made := provider.Properties{}
	for i := 0; i < len(pairs); i += 2 {
		made[resource.PropertyKey(pairs[i])] = resource.NewProperty(pairs[i+1])
	}
	return made
}
