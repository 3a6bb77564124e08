package diagram_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// named is the picture of a name.
func named(t *testing.T, name string) picture {
	t.Helper()
	for _, p := range pictures(t) {
		if p.name == name {
			return p
		}
	}
	t.Fatalf("there is no picture %q", name)
	return picture{}
}

func TestOf_DrawsEveryDeclaredPort(t *testing.T) {
	layer, err := target.Inputs{Cluster: &config.Cluster{Spec: config.Spec{Network: config.Network{Layer: "flannel"}}}}.LayerPorts()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"small", "medium", "large", "private", "baremetal", "balanced"} {
		p := named(t, name)
		mermaid := diagram.Of(p.cluster, p.facts).Mermaid()
		for _, port := range append(target.ControlPlanePorts(), layer...) {
			text := fmt.Sprintf("%d/%s", port.To, port.Protocol)
			alone := port.Source == target.ControlPlanes && p.cluster.Spec.ControlPlane.Count == 1
			if strings.Contains(mermaid, text) == alone {
				t.Errorf("%s: port %s (from %s) is drawn: %v\n%s", name, text, port.Source, !alone, mermaid)
			}
		}
	}
}

func TestOf_LeadsCallsTheWayThatTheTargetMakes(t *testing.T) {
	for name, want := range map[string][]string{
		// Docker publishes the port of the only control plane; nodes go there.
		"small": {`users -->|"6443/tcp"| front1`, `front1 -->|"6443/tcp"| planes`, `workers -->|"6443/tcp"| planes`},
		"balanced": {`users -->|"6443/tcp"| front1`, `workers -->|"6443/tcp"| front1`, `planes -->|"6443/tcp"| front1`,
			`front1 -->|"6443/tcp"| planes`, "10.240.0.20:6443"},
		"medium":    {`users -->|"6443/tcp"| front1`, `workers -->|"6443/tcp"| front2`, "external load balancer<br>34.90.0.7:6443", "Cloud NAT", "203.0.113.0/24"},
		"private":   {`users -->|"6443/tcp"| front1`, `workers -->|"6443/tcp"| front1`, "internal load balancer"},
		"baremetal": {`users -->|"6443/tcp"| planes`, `workers -->|"6444/tcp"| front1`, `front1 -->|"6443/tcp"| planes`, "balancer of every node<br>127.0.0.1:6444", "rack1-a (192.0.2.21)"},
		"large":     {`users -->|"22/tcp"| planes`, `users -->|"22/tcp"| workers`, "NAT gateway, eu-central-1c", "web-spot ×600", "spot, 0…1200"},
	} {
		p := named(t, name)
		mermaid := diagram.Of(p.cluster, p.facts).Mermaid()
		for _, part := range want {
			if !strings.Contains(mermaid, part) {
				t.Errorf("%s lacks %s\n%s", name, part, mermaid)
			}
		}
	}
	p := named(t, "private")
	if mermaid := diagram.Of(p.cluster, p.facts).Mermaid(); strings.Contains(mermaid, "public") {
		t.Errorf("a private endpoint has a public balancer\n%s", mermaid)
	}
}

func TestOf_TellsWhatExistsFromWhatWillAndWhatGoes(t *testing.T) {
	c := load(t, `{"target":"local","controlPlane":{"count":3},"pools":[{"name":"workers","count":4},{"name":"new","count":1}]}`)
	out := &target.Outputs{Endpoint: "https://127.0.0.1:6443", NodeEndpoint: "10.240.0.20:6443", Hosts: []target.Host{
		{Name: "anywhere-control-plane-1", Role: node.ControlPlane, Address: "10.240.0.2"},
		{Name: "anywhere-control-plane-2", Role: node.ControlPlane, Address: "10.240.0.3"},
		{Name: "anywhere-control-plane-5", Role: node.ControlPlane, Address: "10.240.0.6"},
		{Name: "anywhere-workers-1", Role: node.Worker, Pool: "workers"},
		{Name: "anywhere-old-1", Role: node.Worker, Pool: "old"},
	}}
	mermaid := diagram.Of(c, diagram.Facts{Outputs: out, Trouble: []diagram.Trouble{{Host: out.Hosts[1], Reason: "not ready"}}}).Mermaid()
	for _, want := range []string{
		`plane1["anywhere-control-plane-1<br>10.240.0.2"]:::made`,
		`plane2["anywhere-control-plane-2<br>10.240.0.3<br>✕ not ready"]:::sick`,
		`plane3["anywhere-control-plane-3<br>10.240.0.4"]:::planned`,
		`plane4["anywhere-control-plane-5<br>10.240.0.6<br>not in the config"]:::leaving`,
		`pool1[["workers ×1<br>the config says 4`,
		`pool2[["new ×1<br>anywhere-new-1"]]:::planned`,
		`pool3[["old<br>not in the config"]]:::leaving`,
	} {
		if !strings.Contains(mermaid, want) {
			t.Errorf("the graph lacks %s\n%s", want, mermaid)
		}
	}
}
