package cli

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon/choice"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/swap"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestAddons_OfALivingCluster(t *testing.T) {
	server := kubetest.Start(t)
	b := newBench(t)
	api, err := kube.New(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	var s *session
	carry := func(addons []config.Addon, change func(*application)) error {
		cluster, err := readConfig(b.env, write(t, "c.json", func(c *config.Cluster) { c.Spec.Addons = addons }))
		if err != nil {
			t.Fatal(err)
		}
		s = &session{env: b.env, cluster: cluster, target: b.fakeTarget, dir: home.Of(b.home, "a")}
		out := target.Outputs{NodeEndpoint: "192.0.2.1:6443", Endpoint: api.Host()}
		a := &application{creation: &creation{session: s, out: out, api: api}, carryFlags: carryFlags{NoWait: true, Timeout: time.Second}}
		if change != nil {
			change(a)
		}
		b.out.Reset()
		b.err.Reset()
		return a.run(t.Context())
	}
	metrics := kube.Ref{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "kube-system", Name: "metrics-server"}
	there := func(ref kube.Ref, want bool) {
		t.Helper()
		if _, found, err := api.Get(t.Context(), ref); err != nil || found != want {
			t.Errorf("%s: found %t, %v", ref, found, err)
		}
	}
	if err := carry(nil, func(a *application) { a.dryRun = true }); err != nil {
		t.Fatal(err)
	}
	has(t, b.out.String(), "Deployment kube-system/metrics-server created")
	there(metrics, false)
	if err := carry(nil, nil); err != nil {
		t.Fatal(err)
	}
	has(t, b.err.String(), "created (", "more; 'kubectl anywhere addons diff a'", "Applying the addons")
	there(metrics, true)
	if err := carry(nil, func(a *application) { a.NoWait, a.Timeout = false, 5*time.Second }); err == nil || !strings.Contains(err.Error(), "waiting for the controller to see it") {
		t.Errorf("waiting for what nobody runs: %v", err)
	}
	off := []config.Addon{{Name: "metrics-server", Enabled: new(false)}}
	answering := func(text string) func(*application) {
		return func(a *application) { a.env.Typed, a.env.In = true, strings.NewReader(text) }
	}
	if err := carry(off, answering("n\n")); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("a person who says no: %v", err)
	}
	has(t, b.err.String(), "pruned (", "Deployment kube-system/metrics-server", "[y/N]")
	there(metrics, true)
	asked := func(style ui.Style) func(*application) {
		return func(a *application) {
			voice := ui.NewVoice(&b.err, 0)
			voice.Use(style)
			a.env.voice, a.env.ErrOut, a.env.Typed, a.env.In = voice, voice, true, strings.NewReader("n\n")
		}
	}
	// The question comes with what it is about, to those who hear nothing else.
	if err := carry(off, asked(ui.Style{Quiet: true})); err == nil || !strings.Contains(err.Error(), "nothing was changed") {
		t.Errorf("quietly: %v", err)
	}
	has(t, b.err.String(), "pruned (", "Deployment kube-system/metrics-server", "objects? [y/N]")
	if strings.Contains(b.err.String(), "Comparing") {
		t.Errorf("it says more:\n%s", b.err.String())
	}
	if err := carry(off, asked(ui.Style{JSON: true})); err == nil || !strings.Contains(err.Error(), "add --yes") || strings.Contains(b.err.String(), "[y/N]") {
		t.Errorf("to a program: %v\n%s", err, b.err.String())
	}
	there(metrics, true)
	lists(t, b, s, api, "metrics-server", choice.Disabled, "objects are still applied")
	if err := carry(off, answering("y\n")); err != nil {
		t.Fatal(err)
	}
	there(metrics, false)
	lists(t, b, s, api, "metrics-server", choice.Disabled, "")
	lists(t, b, s, api, "coredns", choice.NotReady, "waiting for the controller to see it")
	unmanaged := append(slices.Clone(off), config.Addon{Name: "coredns", Unmanaged: true})
	if err := carry(unmanaged, nil); err != nil {
		t.Fatal(err)
	}
	has(t, b.err.String(), "released (", "Deployment kube-system/coredns")
	if strings.Contains(b.err.String(), "pruned") {
		t.Error("what is released is pruned")
	}
	there(kube.Ref{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "kube-system", Name: "coredns"}, true)
	lists(t, b, s, api, "coredns", choice.Unmanaged, "")
	if err := carry(unmanaged, nil); err != nil {
		t.Fatal(err)
	}
	has(t, b.err.String(), "objects as wanted")
	e := &examination{session: s, env: b.env, api: api, exists: true, out: target.Outputs{NodeEndpoint: "192.0.2.1:6443"}}
	if told := unwell(e.checkAddons(t.Context())); strings.Contains(told, "coredns") || !strings.Contains(told, "kube-proxy") {
		t.Errorf("doctor tells of\n%s", told)
	}
	var of []string
	for _, a := range (&lookout{session: s}).withUnmanaged([]health.Addon{{Name: "access"}, {Name: "flannel"}}) {
		of = append(of, a.Name)
	}
	if !slices.Equal(of, []string{"access", "coredns", "flannel"}) {
		t.Errorf("status tells of %q", of)
	}
	if said, err := s.switching(t.Context(), api); said != "" || err != nil {
		t.Errorf("a switch that nobody began: %q, %v", said, err)
	}
	switched(t, api, swap.State{From: "flannel", To: "cilium", Stage: swap.Moving})
	var refused *phase.Failure
	if err := carry(nil, nil); !errors.As(err, &refused) || !strings.Contains(strings.Join(refused.Next, "\n"), "network switch flannel a --yes   # goes back") {
		t.Errorf("between two network layers: %v", err)
	}
	said, err := s.switching(t.Context(), api)
	if err != nil {
		t.Fatal(err)
	}
	has(t, said, "from flannel to cilium", "'kubectl anywhere network switch cilium a --yes' goes on")
}

// switched writes down a switch of the network layer that is under way.
func switched(t *testing.T, api *kube.Client, state swap.State) {
	t.Helper()
	data, err := state.Encode()
	if err != nil {
		t.Fatal(err)
	}
	if err := (&switchAPI{Client: api}).SaveState(t.Context(), data); err != nil {
		t.Fatal(err)
	}
}

// lists fails the test where 'addons list' says another thing of an addon.
func lists(t *testing.T, b *bench, s *session, api *kube.Client, name, state, reason string) {
	t.Helper()
	set, err := addon.Render(s.addonValues(target.Outputs{NodeEndpoint: "192.0.2.1:6443"}))
	if err != nil {
		t.Fatal(err)
	}
	seen, err := seenIn(t.Context(), api, set)
	if err != nil {
		t.Fatal(err)
	}
	b.out.Reset()
	all := choice.Standings(s.cluster, set, seen)
	if err := s.printStandings(all, &listAddonsFlags{}); err != nil {
		t.Fatal(err)
	}
	within(t, b.out.String())
	for _, a := range all {
		if a.Name == name && a.State == state && strings.Contains(a.Reason, reason) {
			return
		}
	}
	t.Errorf("want %s to be %s (%s) in\n%s", name, state, reason, b.out.String())
}
