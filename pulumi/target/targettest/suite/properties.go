package suite

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// properties are what holds of every cluster.
func (s *suite) properties(t *testing.T, of shape, objects []targettest.Object) {
	t.Helper()
	for _, check := range []func(shape, []targettest.Object) []string{
		s.labelled, s.openings, s.userData, s.disks, s.addresses, s.counted,
	} {
		for _, problem := range check(of, objects) {
			t.Error(problem)
		}
	}
}

// ours leaves out what existed before the cluster.
func (s *suite) ours(o targettest.Object) bool { return !strings.HasPrefix(o.Name, existingPrefix) }

// existingPrefix begins the names of objects that Prepare makes.
const existingPrefix = "existing"

// labelled finds objects that nobody could tell whose they are.
func (s *suite) labelled(_ shape, objects []targettest.Object) (problems []string) {
	for _, o := range objects {
		_, cannot := s.Unlabelled[o.Type]
		labels := s.Labels(o)
		switch {
		case !s.ours(o):
		case cannot && len(labels) > 0:
			problems = append(problems, o.Type+" is said to carry no labels, and does")
		case !cannot && labels[target.ClusterLabel] != clusterName:
			problems = append(problems, identity(o.Type, o.Name, o.ID)+" is not labelled with its cluster")
		case o.Type == s.Machine && labels[target.RoleLabel] != node.ControlPlane:
			problems = append(problems, identity(o.Type, o.Name, o.ID)+" is not labelled as a control plane")
		case o.Type == s.Group && (labels[target.RoleLabel] != node.Worker || !strings.Contains(o.Name, labels[target.PoolLabel]) || labels[target.PoolLabel] == ""):
			problems = append(problems, identity(o.Type, o.Name, o.ID)+" is not labelled with its pool")
		}
	}
	return problems
}

// openings finds what is open to every address: the API, and nothing else; of
// a private endpoint, nothing.
func (s *suite) openings(of shape, objects []targettest.Object) (problems []string) {
	api := false
	for _, o := range objects {
		for _, port := range s.Open(o) {
			api = api || port == "tcp/6443"
			if of.private || port != "tcp/6443" {
				problems = append(problems, identity(o.Type, o.Name, o.ID)+" opens "+port+" to every address")
			}
		}
	}
	if !of.private && !api {
		problems = append(problems, "nothing opens the API of a public endpoint")
	}
	return problems
}

// userData finds machines without the first-boot script, and too much of it.
func (s *suite) userData(of shape, objects []targettest.Object) (problems []string) {
	booting := map[string]bool{}
	for _, o := range objects {
		data := s.UserData(o)
		if data == "" {
			continue
		}
		booting[data] = true
		if len(data) > s.MostUserData {
			problems = append(problems, identity(o.Type, o.Name, o.ID)+" has more user-data than the cloud takes")
		}
		if !strings.Contains(data, bootstrapImage) {
			problems = append(problems, identity(o.Type, o.Name, o.ID)+" has user-data that runs no bootstrap image")
		}
	}
	// Control planes share one script, each pool has its own.
	if len(booting) != 1+of.pools {
		problems = append(problems, "there are other first-boot scripts than one for the control planes and one for each pool")
	}
	return problems
}

// disks finds disks that are not encrypted.
func (s *suite) disks(of shape, objects []targettest.Object) (problems []string) {
	found := 0
	for _, o := range objects {
		encrypted, has := s.Encrypted(o)
		if has {
			found++
		}
		if has && !encrypted {
			problems = append(problems, identity(o.Type, o.Name, o.ID)+" has a disk that is not encrypted")
		}
	}
	// Each control plane's own and its disk of etcd, and one for each pool.
	if found < of.controlPlanes+1 {
		problems = append(problems, "fewer disks were found than there must be")
	}
	return problems
}

// addresses finds machines with public addresses.
func (s *suite) addresses(_ shape, objects []targettest.Object) (problems []string) {
	for _, o := range objects {
		if s.Public(o) {
			problems = append(problems, identity(o.Type, o.Name, o.ID)+" has a public address")
		}
	}
	return problems
}

// counted finds too many or too few machines, disks, secrets and groups.
func (s *suite) counted(of shape, objects []targettest.Object) (problems []string) {
	counts, names := map[string]int{}, []string{}
	for _, o := range objects {
		counts[o.Type]++
		if o.Type == s.Disk {
			names = append(names, o.Name)
		}
	}
	for kind, want := range map[string]int{
		s.Machine: of.controlPlanes, s.Disk: of.controlPlanes, s.Group: of.pools, s.Secret: 1 + of.pools,
	} {
		if counts[kind] != want {
			problems = append(problems, "the number of "+kind+" is wrong")
		}
	}
	for n := range of.controlPlanes {
		if !slices.Contains(names, target.EtcdDiskName(clusterName, n+1)) {
			problems = append(problems, "no disk is called "+target.EtcdDiskName(clusterName, n+1))
		}
	}
	return problems
}

// outputs demands that the next phases get what they need.
func (s *suite) outputs(t *testing.T, b *bench, of shape) {
	t.Helper()
	values, err := b.Outputs(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	out, err := target.ParseOutputs(values)
	if err != nil {
		t.Fatal(err)
	}
	if len(out.Hosts) != of.controlPlanes || len(out.Pools) != of.pools {
		t.Errorf("got %d hosts and %d pools", len(out.Hosts), len(out.Pools))
	}
	addresses := map[string]bool{}
	for i, host := range out.Hosts {
		addresses[host.Address] = true
		if host.Name != target.ControlPlaneName(clusterName, i+1) || host.Role != node.ControlPlane || host.Address == "" || host.ProviderID == "" {
			t.Errorf("got host %+v", host)
		}
	}
	for _, p := range out.Pools {
		if p.Group == "" || p.Count != 2 {
			t.Errorf("got pool %+v", p)
		}
	}
	same := out.Endpoint == "https://"+out.NodeEndpoint
	if len(addresses) != of.controlPlanes || !strings.HasSuffix(out.NodeEndpoint, ":6443") || same != of.private {
		t.Errorf("got endpoint %q, of nodes %q, hosts at %v", out.Endpoint, out.NodeEndpoint, addresses)
	}
}
