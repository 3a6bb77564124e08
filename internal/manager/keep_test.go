package manager

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

const corednsPath = "/apis/apps/v1/namespaces/kube-system/deployments/coredns"

// kept is a cluster with an addon-manager, which has applied its addons.
type kept struct {
	server *kubetest.Server
	admin  *kube.Client
	log    *lines
}

func keeping(t *testing.T, prepare func(*kube.Client)) *kept {
	t.Helper()
	k := &kept{server: kubetest.Start(t)}
	var err error
	if k.admin, err = kube.New(k.server.Kubeconfig(kubetest.AdminToken)); err != nil {
		t.Fatal(err)
	}
	if prepare != nil {
		prepare(k.admin)
	}
	kubeconfig := filepath.Join(t.TempDir(), "kubeconfig")
	if err := os.WriteFile(kubeconfig, k.server.Kubeconfig(kubetest.AdminToken), 0o600); err != nil {
		t.Fatal(err)
	}
	k.log = start(t, Options{Kubeconfig: kubeconfig, ClusterFile: clusterFile(t), Identity: "a", Listen: "127.0.0.1:0"})
	return k
}

// shows waits until a page of the addon-manager holds all of these.
func (k *kept) shows(t *testing.T, page string, wanted ...string) {
	t.Helper()
	address := regexp.MustCompile(`health and metrics at (http://\S+)`)
	kubetest.Eventually(t, page, func() error {
		found := address.FindStringSubmatch(k.log.String())
		if found == nil {
			return errors.New("it has not said where")
		}
		response, err := http.Get(found[1] + page)
		if err != nil {
			return err
		}
		defer response.Body.Close()
		text, err := io.ReadAll(response.Body)
		for _, want := range wanted {
			if !strings.Contains(string(text), want) {
				err = errors.Join(err, fmt.Errorf("no %q in\n%s", want, text))
			}
		}
		return err
	})
}

// events are those of one object, as "Reason: message".
func (k *kept) events(t *testing.T, name string) string {
	t.Helper()
	text, err := k.admin.ListYAML(t.Context(), (&unstructured.Unstructured{Object: map[string]any{"apiVersion": "v1", "kind": "Event"}}).GroupVersionKind(), "kube-system")
	if err != nil {
		t.Fatal(err)
	}
	objs, err := kube.Parse(text)
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	for _, obj := range objs {
		if of, _, _ := unstructured.NestedString(obj.Object, "involvedObject", "name"); of == name {
			told = append(told, fmt.Sprintf("%v: %v (%v, %v times)", obj.Object["reason"], obj.Object["message"], obj.Object["type"], obj.Object["count"]))
		}
	}
	return strings.Join(told, "\n")
}

func (k *kept) told(t *testing.T, name string, wanted ...string) {
	t.Helper()
	kubetest.Eventually(t, "events of "+name, func() (err error) {
		told := k.events(t, name)
		for _, want := range wanted {
			if !strings.Contains(told, want) {
				err = errors.Join(err, fmt.Errorf("no %q in\n%s", want, told))
			}
		}
		return err
	})
}

// replicas of CoreDNS are eventually as many.
func (k *kept) replicas(t *testing.T, want int64) {
	t.Helper()
	kubetest.Eventually(t, fmt.Sprint(want, " replicas"), func() error {
		obj, found, err := k.admin.Get(context.Background(), kube.Ref{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "kube-system", Name: "coredns"})
		if err != nil || !found {
			return fmt.Errorf("found %t, %w", found, err)
		}
		if n, _, _ := unstructured.NestedInt64(obj.Object, "spec", "replicas"); n != want {
			return fmt.Errorf("there are %d", n)
		}
		return nil
	})
}

// TestRun_NeverFightsAFieldThatSomebodyElseOwns has an autoscaler take over how
// many replicas CoreDNS has, and give it back.
func TestRun_NeverFightsAFieldThatSomebodyElseOwns(t *testing.T) {
	k := keeping(t, nil)
	const series = "kubernetes_anywhere_addon_manager_"
	k.shows(t, "/metrics", series+`objects{state="conflicted"} 0`, series+`reconciles_total{result="error"} 0`, series+"leader 1", series+"last_success_timestamp_seconds 1", "go_goroutines")
	k.shows(t, "/healthz", "ok")
	k.replicas(t, 2)
	const patch = "?fieldManager=autoscaler&force=true"
	k.server.Do(t, kubetest.AdminToken, "PATCH", corednsPath+patch, "application/apply-patch+yaml",
		`{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "coredns"}, "spec": {"replicas": 5}}`)
	k.shows(t, "/metrics", series+`objects{state="conflicted"} 1`)
	k.told(t, "coredns", "AddonConflict", "left as it is", "autoscaler", ".spec.replicas", "(Warning, 1 times)")
	// Looked at once more, it is neither fought over nor told again.
	k.server.Do(t, kubetest.AdminToken, "DELETE", "/api/v1/namespaces/kube-system/serviceaccounts/coredns", "application/json", "")
	k.told(t, "coredns", "AddonRestored", "(Warning, 1 times)")
	k.replicas(t, 5)
	k.server.Do(t, kubetest.AdminToken, "PATCH", corednsPath+patch, "application/apply-patch+yaml",
		`{"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "coredns"}}`)
	k.replicas(t, 2)
	k.shows(t, "/metrics", series+`objects{state="conflicted"} 0`)
	k.told(t, "coredns", "AddonApplied: changed to what the cluster's addons are to be: spec.replicas: 1 -> 2")
}

// TestRun_PrunesNothingThatItDoesNotKnow: somebody's set, with an addon that
// the file of phase 2 does not have, is what counts; and where the set is lost,
// what it had is left alone.
func TestRun_PrunesNothingThatItDoesNotKnow(t *testing.T) {
	extra, err := kube.Parse([]byte("{apiVersion: v1, kind: ConfigMap, metadata: {name: extra, namespace: kube-system, labels: {kubernetes-anywhere.io/addon: extra}}}"))
	if err != nil {
		t.Fatal(err)
	}
	k := keeping(t, func(admin *kube.Client) {
		if _, err := admin.ApplySet(t.Context(), extra, kube.Options{}); err != nil {
			t.Fatal(err)
		}
	})
	k.shows(t, "/metrics", `objects{state="applied"} 1`)
	coredns := kube.Ref{Group: "apps", Version: "v1", Kind: "Deployment", Namespace: "kube-system", Name: "coredns"}
	if _, found, err := k.admin.Get(t.Context(), coredns); err != nil || found {
		t.Errorf("it applied what its own file says (%v)", err)
	}
	if err := k.admin.Delete(t.Context(), kube.Ref{Version: "v1", Kind: "ConfigMap", Namespace: kube.SetNamespace, Name: kube.SetName}); err != nil {
		t.Fatal(err)
	}
	k.replicas(t, 2)
	if _, found, err := k.admin.Get(t.Context(), kube.RefOf(extra[0])); err != nil || !found {
		t.Errorf("what it does not know is gone (%v)", err)
	}
}

func TestPulse_EndsOnlyInOneThatLeadsAndDoesNothing(t *testing.T) {
	p := &pulse{}
	late := time.Now().Add(stuckAfter + time.Minute)
	if err := p.alive(late); err != nil {
		t.Errorf("one that waits for its turn: %v", err)
	}
	p.lead(true)
	if err := p.alive(time.Now()); err != nil {
		t.Errorf("one that has just begun: %v", err)
	}
	if err := p.alive(late); err == nil {
		t.Error("one that is stuck is alive")
	}
	p.lead(false)
	if err := p.alive(late); err != nil {
		t.Errorf("one that has lost the lease: %v", err)
	}
}

func TestServe_SaysWhyItCannotListen(t *testing.T) {
	m := &manager{metrics: newMetrics(), pulse: &pulse{}, log: &log{now: time.Now}}
	if err := m.serve(t.Context(), "127.0.0.1:-1"); err == nil || !strings.Contains(err.Error(), "listening for requests") {
		t.Errorf("got %v", err)
	}
}

func TestTell_SaysOnceWhatGoesOnBeingWrong(t *testing.T) {
	var told []string
	m := &manager{log: &log{now: time.Now}, known: map[kube.Ref]bool{}, events: func(n kube.Notice) { told = append(told, n.Reason) }}
	ref := kube.Ref{Version: "v1", Kind: "ConfigMap", Namespace: "x", Name: "y"}
	say := func(action kube.Action, err error) { m.tell([]kube.Change{{Ref: ref, Action: action, Err: err}}, nil) }
	say(kube.Created, nil) // the first time it is no news
	say(kube.Unchanged, nil)
	say(kube.Created, nil)
	say(kube.Conflicted, errors.New("theirs"))
	say(kube.Conflicted, errors.New("theirs"))
	say(kube.Unchanged, nil)
	say(kube.Conflicted, errors.New("theirs"))
	say(kube.Pruned, nil)
	want, _ := json.Marshal([]string{restored, inConflict, inConflict, pruned})
	if got, _ := json.Marshal(told); string(got) != string(want) {
		t.Errorf("got %s, want %s", got, want)
	}
}
