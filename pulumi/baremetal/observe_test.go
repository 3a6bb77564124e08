package baremetal

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestObserve_ReadsTheStatusFileAndSaysWhatItFindsElse(t *testing.T) {
	cluster := demo(3)
	w := newWorld(addresses(cluster)...)
	w.hosts["10.240.0.2"].status = `{"state":"running","stage":"etcd","n":7,"stages":10,"waiting":"etcd"}`
	w.hosts["10.240.0.10"].silent = true
	w.hosts["10.240.0.11"].kubelet = true
	var out target.Outputs
	for _, m := range machines(cluster) {
		out.Hosts = append(out.Hosts, target.Host{Name: m.name})
	}
	out.Hosts = append(out.Hosts, target.Host{Name: "gone"})
	seen, err := w.target().Observe(t.Context(), cluster, out)
	if err != nil || len(seen) != 5 {
		t.Fatalf("got %+v, %v", seen, err)
	}
	if s := seen[0].Status; s == nil || s.Stage != node.StageEtcd {
		t.Errorf("running: got %+v", seen[0])
	}
	if !strings.Contains(seen[1].Before, "no answer") {
		t.Errorf("silent: got %+v", seen[1])
	}
	if s := seen[2].Status; s == nil || s.State != node.Done {
		t.Errorf("restarted: got %+v", seen[2])
	}
	if !strings.Contains(seen[3].Before, "there is no kubelet") || !strings.Contains(seen[4].Before, "does not name it") {
		t.Errorf("got %+v", seen[3:])
	}
}

func TestLeftovers_IsWhatHostsStillHave(t *testing.T) {
	cluster := demo(2)
	w := newWorld(addresses(cluster)...)
	create(t, w.target().hosts(), inputs(cluster, 1))
	w.hosts["10.240.0.11"].mark = `{"cluster":"other","node":"n"}`
	got, err := w.target().Leftovers(t.Context(), cluster)
	if err != nil || strings.Join(got, ";") != "node demo-10-240-0-10 on host 10.240.0.10" {
		t.Errorf("got %q, %v", got, err)
	}
	w.hosts["10.240.0.11"].silent = true
	if _, err := w.target().Leftovers(t.Context(), cluster); err == nil || !strings.Contains(err.Error(), `host "demo-10-240-0-11"`) {
		t.Errorf("silent: got %v", err)
	}
	cluster.Spec.Block.(*Block).Lost = []string{"10.240.0.11"}
	if _, err := w.target().Leftovers(t.Context(), cluster); err != nil {
		t.Errorf("lost: got %v", err)
	}
}
