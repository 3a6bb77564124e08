package baremetal

import (
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func TestDelete_ResetsTheHostAndForgetsIt(t *testing.T) {
	h, host, in := one()
	state := create(t, h, in)
	host.did = nil
	if err := h.Delete(t.Context(), provider.DeleteRequest{State: state}); err != nil || !slices.Equal(host.did, []string{"run docker example.org/bootstrap:v1 reset --yes --force"}) || host.mark != "" || host.kubelet {
		t.Errorf("it did %q, %v", host.did, err)
	}
	host.did = nil
	if err := h.Delete(t.Context(), provider.DeleteRequest{State: state}); err != nil || host.did != nil {
		t.Errorf("again, it did %q, %v", host.did, err)
	}
	host.mark = `{"cluster":"other","node":"n"}`
	if err := h.Delete(t.Context(), provider.DeleteRequest{State: state}); err != nil || host.did != nil {
		t.Errorf("of another cluster, it did %q, %v", host.did, err)
	}
}

func TestDelete_NamesAHostThatDoesNotAnswerUnlessItIsLost(t *testing.T) {
	cluster := demo(1)
	w := newWorld(addresses(cluster)...)
	l := w.target()
	h := l.hosts()
	state := create(t, h, inputs(cluster, 1))
	w.hosts[hostAddress].silent = true
	err := h.Delete(t.Context(), provider.DeleteRequest{State: state})
	if err == nil || !strings.Contains(err.Error(), `host "demo-10-240-0-10"`) || !strings.Contains(err.Error(), "spec.baremetal.lost") {
		t.Errorf("got %v", err)
	}
	cluster.Spec.Block.(*Block).Lost = []string{hostAddress}
	_ = l.Program(target.Inputs{Cluster: cluster})
	if err := h.Delete(t.Context(), provider.DeleteRequest{State: state}); err != nil {
		t.Error(err)
	}
}

func TestDelete_NeedsNoArchiveWhereTheImageIsThere(t *testing.T) {
	h, host, in := one()
	in[smallKey] = resource.NewProperty(archive(t, "one image"))
	state := create(t, h, in)
	state[smallKey] = resource.NewProperty("/nonexistent/bootstrap.tar")
	if err := h.Delete(t.Context(), provider.DeleteRequest{State: state}); err != nil || host.mark != "" {
		t.Errorf("got %v, %q", err, host.mark)
	}
}

func TestDelete_LetsOtherControlPlanesDoWithoutOneThatGoesAlone(t *testing.T) {
	cluster := demo(0)
	w := newWorld(addresses(cluster)...)
	l := w.target()
	h := l.hosts()
	state := create(t, h, inputs(cluster, 0))
	host := w.hosts["10.240.0.2"]
	host.did = nil
	_ = l.Program(target.Inputs{Cluster: cluster}) // as in a create: a cluster stays
	if err := h.Delete(t.Context(), provider.DeleteRequest{State: state}); err != nil || !slices.Equal(host.did, []string{"run docker example.org/bootstrap:v1 reset --yes"}) {
		t.Errorf("it did %q, %v", host.did, err)
	}
}
