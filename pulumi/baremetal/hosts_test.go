package baremetal

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const hostAddress = "10.240.0.10"

// one is a world of one worker, its host and its inputs.
func one() (*hosts, *fakeHost, provider.Properties) {
	cluster := demo(1)
	w := newWorld(addresses(cluster)...)
	return w.target().hosts(), w.hosts[hostAddress], inputs(cluster, 1)
}

func create(t *testing.T, h *hosts, in provider.Properties) provider.Properties {
	t.Helper()
	id, state, err := h.Create(t.Context(), provider.CreateRequest{Inputs: in})
	if err != nil || id == "" {
		t.Fatalf("got %q, %v", id, err)
	}
	return state
}

func TestCreate_LoadsImagesAndRunsTheBootstrapWithTheBundleOverStandardInput(t *testing.T) {
	h, host, in := one()
	in[archiveKey], in[smallKey] = resource.NewProperty(archive(t, "all images")), resource.NewProperty(archive(t, "one image"))
	in[bundleKey] = provider.Secret("the bundle")
	create(t, h, in)
	want := []string{
		"load 9", "append 10",
		"run docker example.org/bootstrap:v1 apply --bundle - --bundle-sha256 " + target.BundleDigest([]byte("the bundle")) + " --name demo-10-240-0-10",
	}
	if !slices.Equal(host.did, want) || !slices.Equal(host.bundles, []string{"the bundle"}) || host.archive != "all images" {
		t.Errorf("it did %q with %q", host.did, host.bundles)
	}
	if strings.Contains(strings.Join(host.did, ""), "the bundle") {
		t.Error("the bundle is among the arguments")
	}
	host.did = nil
	create(t, h, in)
	if !slices.Equal(host.did, want[2:]) {
		t.Errorf("again, it did %q", host.did)
	}
}

func TestCreate_LoadsTheBootstrapImageFromTheOneArchiveThereIs(t *testing.T) {
	h, host, in := one()
	in[archiveKey] = resource.NewProperty(archive(t, "all images"))
	create(t, h, in)
	if !slices.Equal(host.did[:2], []string{"append 10", "load here"}) || len(host.did) != 3 {
		t.Errorf("it did %q", host.did)
	}
}

func TestCreate_GoesOnWithAnUploadThatBrokeOff(t *testing.T) {
	h, host, in := one()
	in[archiveKey], in[smallKey] = resource.NewProperty(archive(t, "all images")), resource.NewProperty(archive(t, "one image"))
	host.breakUploadAt = 4
	if _, _, err := h.Create(t.Context(), provider.CreateRequest{Inputs: in}); err == nil || !strings.Contains(err.Error(), "it goes on where it stopped") {
		t.Fatalf("got %v", err)
	}
	create(t, h, in)
	if !slices.Contains(host.did, "append 6") || host.archive != "all images" {
		t.Errorf("it did %q, and there is %q", host.did, host.archive)
	}
}

func TestCreate_ThrowsAwayAnUploadThatWasDamaged(t *testing.T) {
	h, host, in := one()
	in[archiveKey], in[smallKey] = resource.NewProperty(archive(t, "all images")), resource.NewProperty(archive(t, "one image"))
	sum, _, err := h.sums.of(provider.Text(in, archiveKey))
	if err != nil {
		t.Fatal(err)
	}
	host.part, host.partSum = "bad", sum
	if _, _, err := h.Create(t.Context(), provider.CreateRequest{Inputs: in}); err == nil || host.archive != "" {
		t.Fatalf("got %v, %q", err, host.archive)
	}
	create(t, h, in)
	if host.archive != "all images" {
		t.Errorf("there is %q", host.archive)
	}
}

func TestCreate_SeesToAContainerEngine(t *testing.T) {
	for name, test := range map[string]struct {
		change func(*fakeHost, provider.Properties)
		did    string
		fails  string
	}{
		"it has Docker":   {func(*fakeHost, provider.Properties) {}, "run docker", ""},
		"it has podman":   {func(h *fakeHost, _ provider.Properties) { h.has = []string{"podman", "apt-get"} }, "run podman", ""},
		"Docker is down":  {func(h *fakeHost, _ provider.Properties) { h.noDaemon = true }, "start", ""},
		"it has none":     {func(h *fakeHost, _ provider.Properties) { h.has = []string{"apt-get"} }, "install", ""},
		"apt-get fails":   {func(h *fakeHost, _ provider.Properties) { h.has, h.failInstall = []string{"apt-get"}, true }, "install", "E: no network"},
		"there is no way": {func(h *fakeHost, _ provider.Properties) { h.has, h.os = nil, "alpine 3" }, "", "no apt-get to install one (it runs alpine 3)"},
		"it is not wanted": {func(h *fakeHost, in provider.Properties) {
			h.has, in[engineKey] = []string{"apt-get"}, resource.NewProperty("false")
		}, "", "installEngine is false"},
	} {
		h, host, in := one()
		test.change(host, in)
		_, _, err := h.Create(t.Context(), provider.CreateRequest{Inputs: in})
		if (err != nil) != (test.fails != "") || err != nil && !strings.Contains(err.Error(), test.fails) {
			t.Errorf("%s: got %v", name, err)
		}
		if did := strings.Join(host.did, "; "); !strings.HasPrefix(did, test.did) || test.did == "" && did != "" {
			t.Errorf("%s: it did %q", name, did)
		}
	}
}

func TestCreate_SaysInTheBootstrapsWordsWhyItFailed(t *testing.T) {
	h, host, in := one()
	host.say = "bootstrap: stage 2 of 10: bundle\nbootstrap: failed: stage 2 of 10, bundle: it belongs to cluster \"other\"\nbootstrap:   | a line of its log\nbootstrap: stage 2\n"
	host.code = 1
	_, _, err := h.Create(t.Context(), provider.CreateRequest{Inputs: in})
	want := `making host "demo-10-240-0-10" at 10.240.0.10 a node: stage 2 of 10, bundle: it belongs to cluster "other"` + "\n  a line of its log"
	if err == nil || err.Error() != want {
		t.Errorf("got %v", err)
	}
	host.say = "docker: no such image\n"
	if _, _, err = h.Create(t.Context(), provider.CreateRequest{Inputs: in}); err == nil || !strings.Contains(err.Error(), "ended with status 1: docker: no such image") {
		t.Errorf("got %v", err)
	}
}

func TestCreate_TellsWhereTheBootstrapIs(t *testing.T) {
	h, host, in := one()
	host.say = "bootstrap: stage 1 of 10: facts\nbootstrap:   a detail\nbootstrap: stage 6 of 10: kubelet\nbootstrap:   waiting for the kubelet to answer\nbootstrap: done: this host is a node\n"
	create(t, h, in)
	got := strings.Join(host.world.heard, "\n")
	if want := "demo-10-240-0-10: stage 1 of 10, facts\ndemo-10-240-0-10: stage 6 of 10, kubelet\ndemo-10-240-0-10: stage 6 of 10, kubelet: the kubelet to answer"; !strings.HasPrefix(got, want) {
		t.Errorf("it said\n%s", got)
	}
}

func TestCreate_RefusesAHostOfAnotherCluster(t *testing.T) {
	for name, test := range map[string]struct{ mark, want string }{
		"of another cluster": {`{"cluster":"other","node":"n"}`, `it is node "n" of cluster "other"`},
		"another node":       {`{"cluster":"demo","node":"n"}`, `it is node "n" of this cluster already`},
	} {
		h, host, in := one()
		host.mark = test.mark
		_, _, err := h.Create(t.Context(), provider.CreateRequest{Inputs: in})
		if err == nil || !strings.Contains(err.Error(), test.want) || !strings.Contains(err.Error(), "reset --yes") || host.did != nil {
			t.Errorf("%s: got %v, and it did %q", name, err, host.did)
		}
	}
}

func TestCreate_TouchesNothingInAPreview(t *testing.T) {
	h, host, in := one()
	host.refusal = errors.New("it was reached")
	in[bundleKey] = provider.Unknown()
	if _, _, err := h.Create(t.Context(), provider.CreateRequest{Inputs: in, Preview: true}); err != nil {
		t.Error(err)
	}
}

func TestCreate_WorksOnSoManyWorkersAtATime(t *testing.T) {
	cluster := demo(6)
	w := newWorld(addresses(cluster)...)
	h := w.target().hosts()
	errs := make(chan error)
	full := make(chan struct{})
	for n := 1; n <= 6; n++ {
		w.hosts[addresses(cluster)[n]].during = func() { <-full }
		in := inputs(cluster, n)
		in[parallelKey] = resource.NewProperty("2")
		go func() {
			_, _, err := h.Create(context.Background(), provider.CreateRequest{Inputs: in})
			errs <- err
		}()
	}
	// The control plane is not held up by workers that wait for it.
	create(t, h, inputs(cluster, 0))
	close(full)
	for range 6 {
		if err := <-errs; err != nil {
			t.Error(err)
		}
	}
	if w.most > 2 || w.most < 1 || len(w.made()) != 7 {
		t.Errorf("%d at a time, %v made", w.most, w.made())
	}
}

func TestDiff_TellsAnotherHostFromAnotherBundleFromAnotherWayThere(t *testing.T) {
	h, _, in := one()
	state := create(t, h, in)
	for key, want := range map[string]string{
		addressKey: "replace", nameKey: "replace", roleKey: "replace", poolKey: "replace",
		bundleKey: "update", digestKey: "update", imageKey: "update", reachKey: "update", "": "",
	} {
		changed := in.Copy()
		if key != "" {
			changed[resource.PropertyKey(key)] = resource.NewProperty("other")
		}
		diff, err := h.Diff(t.Context(), provider.DiffRequest{State: state, Inputs: changed})
		got := ""
		if len(diff.Update) > 0 {
			got = "update"
		}
		if len(diff.Replace) > 0 {
			got = "replace"
		}
		if err != nil || got != want || !diff.DeleteFirst {
			t.Errorf("%q: got %+v, %v", key, diff, err)
		}
	}
}

func TestUpdate_RunsTheBootstrapAgainForAnotherBundleOnly(t *testing.T) {
	h, host, in := one()
	state := create(t, h, in)
	host.did = nil
	way := in.Copy()
	r, _ := readReach(provider.Text(in, reachKey))
	r.Key = "/other"
	way[reachKey] = resource.NewProperty(r.String())
	state, err := h.Update(t.Context(), provider.UpdateRequest{State: state, Inputs: way})
	if err != nil || host.did != nil || provider.Text(state, reachKey) != r.String() {
		t.Errorf("another way: it did %q, %v", host.did, err)
	}
	other := way.Copy()
	other[bundleKey] = resource.NewProperty("other")
	if _, err := h.Update(t.Context(), provider.UpdateRequest{State: state, Inputs: other}); err != nil || len(host.did) != 1 || host.bundles[1] != "other" {
		t.Errorf("another bundle: it did %q, %v", host.did, err)
	}
}

func TestRead_TellsGoneFromSilent(t *testing.T) {
	h, host, in := one()
	state := create(t, h, in)
	read := func() provider.ReadResult {
		t.Helper()
		got, err := h.Read(t.Context(), provider.ReadRequest{ID: "x", State: state, Inputs: in})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := read(); got.ID == "" || provider.Text(got.State, conditionKey) != isNode {
		t.Errorf("got %+v", got)
	}
	host.silent = true
	silent := read()
	if silent.ID == "" || provider.Text(silent.State, conditionKey) != isSilent {
		t.Errorf("silent: got %+v", silent)
	}
	if diff, _ := h.Diff(t.Context(), provider.DiffRequest{State: silent.State, Inputs: in}); len(diff.Replace) > 0 || !slices.Equal(diff.Update, []string{conditionKey}) {
		t.Errorf("silent: the difference is %+v", diff)
	}
	if _, err := h.Update(t.Context(), provider.UpdateRequest{State: silent.State, Inputs: in}); err == nil || !strings.Contains(err.Error(), "ssh -i /k root@10.240.0.10 true") {
		t.Errorf("silent: the update says %v", err)
	}
	host.silent, host.did = false, nil
	if _, err := h.Update(t.Context(), provider.UpdateRequest{State: silent.State, Inputs: in}); err != nil || host.did != nil {
		t.Errorf("back again: it did %q, %v", host.did, err)
	}
	host.mark = ""
	if got := read(); got.ID != "" {
		t.Errorf("installed anew: got %+v", got)
	}
}
