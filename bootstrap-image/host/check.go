package host

import (
	"context"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// refusal is everything that keeps a host from becoming a node, each with what
// to do about it.
type refusal []string

// Error has a problem a line; where lines are short of room they are joined.
func (p refusal) Error() string {
	if len(p) == 1 {
		return "checking this host, of which nothing was changed: " + p[0]
	}
	return fmt.Sprintf("checking this host, of which nothing was changed: %d problems\n%s", len(p), strings.Join(p, "\n"))
}

func (p *refusal) add(format string, args ...any) { *p = append(*p, fmt.Sprintf(format, args...)) }

// check refuses, before the first write, what a later stage would fail at or,
// worse, would not: all of it at once. A renewal changes so little that only
// what would spoil it counts.
func (r *run) check(ctx context.Context) error {
	var problems refusal
	held, err := r.belongsTo()
	if err != nil {
		return err
	}
	same := shares(held.authorities, fingerprints([]byte(r.bundle.Credentials.CA.Certificate)))
	r.checkCluster(&problems, held, same)
	r.checkClock(ctx, &problems)
	if err := r.checkRoom(&problems, held.ours && same); err != nil {
		return err
	}
	if !r.Renew {
		r.checkSystem(&problems)
		r.checkName(&problems)
		if err := r.checkPorts(ctx, &problems, held.ours && same); err != nil {
			return err
		}
	}
	if len(problems) > 0 {
		return problems
	}
	return nil
}

// machine is the one that the host runs on.
func (r *run) machine() Machine {
	if r.Machine != nil {
		return r.Machine
	}
	return SystemMachine{HostRoot: r.HostRoot}
}

// resetLine is what to type to make a host a blank one.
func (r *run) resetLine() string { return commandLine(r.facts.ContainerEngine, r.image(), "reset") }

// checkCluster refuses a host that is another cluster's, or has the other role.
func (r *run) checkCluster(problems *refusal, held belonging, same bool) {
	cluster := r.bundle.Cluster.Metadata.Name
	switch {
	case held.ours && len(held.authorities) > 0 && !same && held.cluster == cluster:
		problems.add("this host is a %s of another cluster %q, whose authority is not the one of this bundle (it was made anew, or this host was off while it was replaced): take it out of that cluster with '%s', then run this again", held.role, held.cluster, r.resetLine())
	case held.ours && len(held.authorities) > 0 && !same:
		problems.add("this host is a %s of the cluster %q, not of %q: take it out with '%s', or use another host", held.role, held.cluster, cluster, r.resetLine())
	case held.ours && held.role != r.bundle.Role:
		problems.add("this host is a %s of the cluster %q and cannot become a %s as it is: take it out with '%s', then run this again", held.role, cluster, r.bundle.Role, r.resetLine())
	case !held.ours && len(held.authorities) > 0 && !same:
		problems.add("this host is in a cluster that kubernetes-anywhere did not make: %s is another authority's; if kubeadm made it, 'kubeadm reset' takes it out, otherwise move /etc/kubernetes away", caPath)
	}
	if held.ours || same {
		return
	}
	if foreign := r.foreignPods(); len(foreign) > 0 {
		problems.add("%s holds static pods of another program, which our kubelet would start: %s; if kubeadm made them, 'kubeadm reset' removes them, otherwise move them away", node.ManifestsPath, strings.Join(foreign, ", "))
	}
	if r.bundle.Role == node.ControlPlane && r.root.exists(node.EtcdData+"/member") {
		problems.add("%s holds the data of an etcd that is not this cluster's: move it away, for instance to %s.old", node.EtcdData, node.EtcdData)
	}
}

// foreignPods are manifests that this program did not write.
func (r *run) foreignPods() []string {
	var out []string
	files, _ := r.root.glob(node.ManifestsPath + "/*")
	for _, file := range files {
		if content, err := r.root.read(file); err == nil && !strings.Contains(string(content), node.InputsAnnotation) {
			out = append(out, strings.TrimPrefix(file, node.ManifestsPath+"/"))
		}
	}
	return out
}
