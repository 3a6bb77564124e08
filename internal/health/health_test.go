package health

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

var update = flag.Bool("update", false, "write the golden files anew")

var now = time.Date(2026, 11, 22, 22, 0, 0, 0, time.UTC)

const day = 24 * time.Hour

// sound is a cluster of a control plane and two workers in which nothing is
// wrong.
func sound() Report {
	worker := func(name, address string) Node {
		return Node{
			Name: name, Role: "worker", Pool: "workers", Registered: true, Ready: true, Version: "v1.37.1", Address: address,
			Created: now.Add(-26 * time.Hour), Since: now.Add(-26 * time.Hour), Machine: &Machine{State: "done"},
			OS: "Debian GNU/Linux 13 (trixie)", Kernel: "6.12.48", Runtime: "containerd://1.7.24",
		}
	}
	plane := worker("a-control-plane-1", "10.240.0.2")
	plane.Role, plane.Pool = "control-plane", ""
	return Report{
		Name: "a", Target: "local", Wanted: "v1.37.1", Supports: []string{"1.37", "1.36", "1.35"}, At: now,
		API:    API{Endpoint: "https://127.0.0.1:6443", State: Ready, Took: 12 * time.Millisecond, Version: "v1.37.1"},
		Planes: []Plane{{Host: "a-control-plane-1", Address: "10.240.0.2", Components: []Component{{Name: "etcd"}, {Name: "kube-apiserver"}}}},
		Nodes:  []Node{worker("a-workers-2", "10.240.0.4"), worker("a-workers-1", "10.240.0.3"), plane},
		Pools:  []Pool{{Name: "workers", Wanted: 2}},
		Addons: []Addon{{Name: "coredns", Ready: 2, Wanted: 2, Objects: 6}, {Name: "access", Objects: 5}},
		Certificates: []Certificate{
			{Name: "the authority a", NotBefore: now.Add(-day), NotAfter: now.Add(3649 * day), Kind: Authority},
			{Name: "the API's serving certificate", NotBefore: now.Add(-day), NotAfter: now.Add(364 * day), Kind: Leaf},
		},
	}
}

func TestJudge_FindsNothingWrongWithASoundCluster(t *testing.T) {
	r := Judge(sound())
	if r.State != Healthy || len(r.Problems) > 0 {
		t.Errorf("%s: %+v", r.State, r.Problems)
	}
	if r.Nodes[0].Name != "a-control-plane-1" || r.Nodes[1].Name != "a-workers-1" || r.Nodes[2].Status != "Ready" || r.Pools[0].Ready != 2 {
		t.Errorf("got %+v, %+v", r.Nodes, r.Pools)
	}
	if got := r.FirstEnd(); got != "the API's serving certificate ends 2027-11-21, in 364 days" {
		t.Errorf("first to end: %s", got)
	}
}

// judgement is what is to be said of a cluster in which one thing is wrong.
type judgement struct {
	change func(*Report)
	state  string
	status string // of a-workers-1
	says   string
	next   string
}

func (j judgement) check(t *testing.T, name string) {
	t.Helper()
	seen := sound()
	j.change(&seen)
	r := Judge(seen)
	if r.State != j.state {
		t.Errorf("%s: %s, want %s", name, r.State, j.state)
	}
	if r.Nodes[1].Name != "a-workers-1" || r.Nodes[1].Status != j.status {
		t.Errorf("%s: a-workers-1 is %s, want %s", name, r.Nodes[1].Status, j.status)
	}
	var says, next []string
	for _, p := range r.Problems {
		says = append(says, p.Of+": "+p.Is)
		next = append(next, p.Next...)
	}
	if !strings.Contains(strings.Join(says, "\n"), j.says) {
		t.Errorf("%s: it says %q, not %q", name, says, j.says)
	}
	if !slices.ContainsFunc(next, func(line string) bool { return strings.HasPrefix(line, j.next) }) {
		t.Errorf("%s: next is %q, not %q", name, next, j.next)
	}
}

func TestJudge_SaysWhatIsWrongWithNodes(t *testing.T) {
	for name, test := range map[string]judgement{
		"silent node whose container is stopped": {func(r *Report) {
			r.Nodes[1].Ready, r.Nodes[1].Reason, r.Nodes[1].Since = false, "NodeStatusUnknown: Kubelet stopped posting node status.", now.Add(-90*time.Second)
			r.Nodes[1].Machine = &Machine{Doing: "its container is not running"}
		}, Degraded, "NotReady", "a-workers-1: is not ready for 90s: NodeStatusUnknown: Kubelet stopped posting node status; its container is not running", "kubectl anywhere create a"},
		"silent node without a machine": {func(r *Report) { r.Nodes[1].Ready, r.Nodes[1].Machine = false, nil },
			Degraded, "NotReady", "its machine is gone", "kubectl anywhere create a   # takes it out"},
		"silent node while machines cannot be seen": {func(r *Report) {
			r.Nodes[1].Ready, r.Nodes[1].Machine, r.Nodes[1].Reason = false, nil, "silent"
			r.Unknown = []Unknown{{"machines", "no credentials"}}
		}, Degraded, "NotReady", "a-workers-1: is not ready for 26h: silent", "kubectl describe node a-workers-1"},
		"silent before it counts as such": {func(r *Report) {
			r.Nodes[1].Silent, r.Nodes[1].Machine = 25*time.Second, &Machine{Doing: "its container is not running"}
		}, Degraded, "Ready", "a-workers-1: was not heard of for 25s: its container is not running", "kubectl anywhere create a"},
		"cordoned":  {func(r *Report) { r.Nodes[1].Cordoned = true }, Degraded, "Ready,SchedulingDisabled", "takes no new pods", "kubectl uncordon a-workers-1"},
		"pressures": {func(r *Report) { r.Nodes[1].Troubles = []Trouble{{"DiskPressure", "3% are left"}} }, Degraded, "Ready,DiskPressure", "a-workers-1: DiskPressure: 3% are left", "kubectl describe node a-workers-1"},
		"machine under way": {func(r *Report) {
			r.Nodes[1] = Node{Name: "a-workers-1", Role: "worker", Pool: "workers", Machine: &Machine{State: "running", Doing: "stage 6 of 10, kubelet"}}
		}, Degraded, "Bootstrapping", "is no node yet: stage 6 of 10, kubelet", "kubectl anywhere create a"},
		"machine whose bootstrap failed": {func(r *Report) {
			r.Nodes[1] = Node{Name: "a-workers-1", Role: "worker", Pool: "workers", Machine: &Machine{State: "failed", Doing: "failed: no disk"}}
		}, Degraded, "BootstrapFailed", "failed: no disk", "kubectl anywhere create a"},
		"machine that did its part and is no node": {func(r *Report) {
			r.Nodes[1] = Node{Name: "a-workers-1", Role: "worker", Pool: "workers", Machine: &Machine{State: "done"}}
		}, Degraded, "NotRegistered", "a-workers-1: is no node yet", "kubectl anywhere create a"},
		"node whose last bootstrap failed": {func(r *Report) { r.Nodes[1].Machine = &Machine{State: "failed", Doing: "stage 4: failed"} }, Degraded, "Ready", "a-workers-1: stage 4: failed", "kubectl anywhere create a"},
	} {
		test.check(t, name)
	}
}

func TestJudge_SaysWhatIsWrongBesideNodes(t *testing.T) {
	for name, test := range map[string]judgement{
		"pool that lacks a machine": {func(r *Report) { r.Pools[0].Wanted = 3 }, Degraded, "Ready", "pool workers: has 2 of 3 machines", "kubectl anywhere preview a"},
		"component that does not serve": {func(r *Report) { r.Planes[0].Components[0].Reason = "has no leader" },
			Degraded, "Ready", "a-control-plane-1: etcd: has no leader", "kubectl anywhere etcd status a"},
		"API that is not ready": {func(r *Report) { r.API.State, r.API.Reason = NotReady, "etcd failed" }, Down, "Ready", "API: not ready at https://127.0.0.1:6443: etcd failed", "kubectl anywhere create a"},
		"API server that refuses": {func(r *Report) {
			r.API.State, r.API.Reason = Unreachable, "refused"
			r.Planes[0].Components, r.Planes[0].Direct = nil, &API{State: Unreachable, Reason: "refused"}
		}, Down, "Ready", "its API server at 10.240.0.2 is unreachable: refused", "kubectl anywhere create a"},
		"addon": {func(r *Report) {
			r.Addons[0].Reasons = []string{"Deployment kube-system/coredns: 1 of 2 pods ready", "x"}
		},
			Degraded, "Ready", "addon coredns: Deployment kube-system/coredns: 1 of 2 pods ready (and 1 more)", "kubectl anywhere addons list a"},
		"switch of the network that was not ended": {func(r *Report) {
			r.NetworkSwitch, r.NetworkSwitchTo = "from flannel to cilium: 1 nodes are on cilium", "cilium"
		}, Degraded, "Ready", "network: a switch is under way from flannel to cilium", "kubectl anywhere network switch cilium a --yes"},
		"leaf that its timer forgot": {func(r *Report) {
			r.Certificates[1].NotAfter = now.Add(10 * day)
			r.Certificates[1].NotBefore = now.Add(-355 * day)
		},
			Degraded, "Ready", "the API's serving certificate ends 2026-12-02, in 10 days: its timer should have renewed it", "kubectl anywhere certs renew a"},
		"authority": {func(r *Report) { r.Certificates[0].NotAfter = now.Add(200 * day) },
			Degraded, "Ready", "the authority a ends 2027-06-10, in 200 days", "kubectl anywhere certs rotate-ca a"},
		"kubeconfig that has ended": {func(r *Report) {
			r.Certificates = append(r.Certificates, Certificate{"the certificate of your kubeconfig", now.Add(-365 * day), now.Add(-time.Hour), User})
		}, Degraded, "Ready", "your kubeconfig ends 2026-11-22, and is over", "kubectl anywhere certs renew a"},
	} {
		test.check(t, name)
	}
}

func TestJudge_LeavesOutWhatFollowsFromASilentAPI(t *testing.T) {
	seen := sound()
	seen.API = API{Endpoint: "https://127.0.0.1:6443", State: Unreachable, Reason: "refused"}
	seen.Planes[0].Components = nil
	seen.Addons = nil
	seen.Unknown = []Unknown{{"nodes", "the API does not answer"}}
	for i := range seen.Nodes {
		seen.Nodes[i].Registered, seen.Nodes[i].Version = false, ""
	}
	r := Judge(seen)
	if len(r.Problems) != 1 || r.Problems[0].Of != "API" {
		t.Errorf("got %+v", r.Problems)
	}
	if r.Nodes[0].Status != "Unknown" {
		t.Errorf("got %s", r.Nodes[0].Status)
	}
}

func TestSkew_FollowsThePolicy(t *testing.T) {
	supports := []string{"1.37", "1.36", "1.35"}
	for _, test := range []struct {
		api, kubelet, wanted, says string
	}{
		{"v1.37.1", "v1.37.1", "v1.37.1", ""},
		{"v1.37.1", "v1.34.4", "v1.37.1", "the config wants v1.37.1; there is kubelet v1.34.4 on n"},
		{"v1.37.1", "v1.33.0", "v1.37.1", "kubelet v1.33.0 on n is older than the API server v1.37.1 allows"},
		{"v1.36.3", "v1.37.1", "v1.37.1", "kubelet v1.37.1 on n is newer than the API server v1.36.3 allows"},
		{"v1.36.3", "v1.36.3", "v1.37.1", "there is API server v1.36.3, kubelet v1.36.3 on n"},
		{"v1.34.0", "v1.34.0", "v1.34.0", "the API server is v1.34.0; this program makes 1.37, 1.36, 1.35"},
		{"v2.0.0", "v1.37.1", "v2.0.0", "of another major version"},
		{"nonsense", "v1.37.1", "v1.37.1", `calls itself "nonsense"`},
		{"", "v1.37.1", "v1.37.1", ""},
	} {
		var says []string
		for _, p := range Skew(test.api, map[string][]string{test.kubelet: {"n"}}, test.wanted, supports, "a") {
			says = append(says, p.Is)
		}
		if got := strings.Join(says, "\n"); (test.says == "") != (got == "") || !strings.Contains(got, test.says) {
			t.Errorf("API server %s, kubelet %s, wanted %s: %q, want %q", test.api, test.kubelet, test.wanted, got, test.says)
		}
	}
}

func TestAgo_ReadsAsKubectlPrintsAges(t *testing.T) {
	for d, want := range map[time.Duration]string{
		-time.Second: "0s", 119 * time.Second: "119s", 2 * time.Minute: "2m", 119 * time.Minute: "119m", 47 * time.Hour: "47h", 48 * time.Hour: "2d",
	} {
		if got := Ago(d); got != want {
			t.Errorf("%s: %s, want %s", d, got, want)
		}
	}
}

// large is a cluster of which one screen cannot show every node.
func large() Report {
	r := sound()
	for i := 3; i <= 400; i++ {
		n := r.Nodes[0]
		n.Name = fmt.Sprintf("a-workers-%d", i)
		if i%100 == 0 {
			n.Ready, n.Reason = false, "KubeletNotReady: container runtime is down"
		}
		r.Nodes = append(r.Nodes, n)
	}
	r.Pools[0].Wanted = 400
	return r
}

func broken() Report {
	r := sound()
	r.Nodes[1].Ready, r.Nodes[1].Reason, r.Nodes[1].Since = false, "NodeStatusUnknown: Kubelet stopped posting node status.", now.Add(-3*time.Minute)
	r.Nodes[1].Machine = &Machine{Doing: "its container is not running; 'kubectl anywhere create' or 'docker start a-workers-1' starts it"}
	r.Addons[0] = Addon{Name: "coredns", Ready: 1, Wanted: 2, Reasons: []string{"Deployment kube-system/coredns: 1 of 2 pods ready; pod coredns-x on a-workers-1: container coredns waits: ContainerCreating"}}
	r.Unknown = []Unknown{{"your kubeconfig", "reading it: permission denied"}}
	r.Drift = &Drift{Found: []Difference{
		{Phase: Addons, Of: "ConfigMap kube-system/coredns", What: "data.Corefile", Wanted: ".:53 {\n  errors\n}", Is: ".:53 {\n}"},
		{Phase: Provision, Of: "host a-workers-1", What: "running", Wanted: "true", Is: "false"},
		{Phase: Provision, Of: "instance a-workers-2", What: `metadata["user-data"]`, Wanted: strings.Repeat("echo the same; ", 30) + "exit 1", Is: strings.Repeat("echo the same; ", 30) + "exit 0"},
	}}
	return r
}

// The screens of docs: 24 lines of 80 columns hold a small cluster.
func TestPrint_MatchesGolden(t *testing.T) {
	for name, test := range map[string]struct {
		report Report
		style  Style
		rows   int
	}{
		"sound": {sound(), Style{}, 24}, "broken": {broken(), Style{}, 50}, "large": {large(), Style{}, 40}, "wide": {sound(), Style{Wide: true}, 24},
	} {
		var out bytes.Buffer
		if err := Print(&out, Judge(test.report), test.style); err != nil {
			t.Fatal(err)
		}
		golden := filepath.Join("testdata", name+".txt")
		if *update {
			if err := os.WriteFile(golden, out.Bytes(), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(want, out.Bytes()) {
			t.Errorf("%s: run with -update and look at the difference; got\n%s", name, out.String())
		}
		rows := 0
		for line := range strings.Lines(out.String()) {
			rows++
			if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > 80 && !test.style.Wide {
				t.Errorf("%s: %d columns: %s", name, n, line)
			}
		}
		if rows > test.rows {
			t.Errorf("%s: %d rows, more than %d", name, rows, test.rows)
		}
	}
}
