package local

import (
	"context"
	"fmt"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/client"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// requireDocker skips, or fails where ANYWHERE_REQUIRE_DOCKER is set, when
// there is no Docker or no host image.
func requireDocker(t *testing.T) *client.Client {
	t.Helper()
	absent := t.Skipf
	if os.Getenv("ANYWHERE_REQUIRE_DOCKER") == "1" {
		absent = t.Fatalf
	}
	docker, err := client.NewClientWithOpts(client.FromEnv, client.WithAPIVersionNegotiation())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := docker.Info(t.Context()); err != nil {
		absent("no Docker here: %v", err)
	}
	if _, err := docker.ImageInspect(t.Context(), defaultHostImage); err != nil {
		absent("no host image here, run 'make host-image': %v", err)
	}
	return docker
}

// eventually waits for a state, with a deadline far beyond what it takes.
func eventually(t *testing.T, what string, try func() (bool, string)) {
	t.Helper()
	last := ""
	for end := time.Now().Add(3 * time.Minute); time.Now().Before(end); time.Sleep(300 * time.Millisecond) {
		done, saw := try()
		if done {
			return
		}
		last = saw
	}
	t.Fatalf("%s did not happen; last seen: %s", what, last)
}

func on(t *testing.T, l *Target, host string, command ...string) Output {
	t.Helper()
	out, err := l.Exec(t.Context(), host, command...)
	if err != nil {
		return Output{Stderr: err.Error(), Code: -1}
	}
	return out
}

// runs waits until a host is booted and its first boot wrote the given line.
func wantBoots(t *testing.T, l *Target, host, want string) {
	t.Helper()
	eventually(t, "the first boot", func() (bool, string) {
		out := on(t, l, host, "cat", "/var/tmp/boots")
		return strings.TrimSpace(out.Stdout) == want, fmt.Sprintf("%+v", out)
	})
	eventually(t, "a running system", func() (bool, string) {
		out := on(t, l, host, "systemctl", "is-system-running")
		return strings.TrimSpace(out.Stdout) == "running", fmt.Sprintf("%+v", out)
	})
}

func bootScript(word string) string {
	return "#!/bin/sh\nset -e\nsha256sum -c - <<SUM\n$(sha256sum " + bundlePath + ")\nSUM\n" +
		"docker version >/dev/null\necho " + word + " >>/var/tmp/boots\n"
}

func TestHost_BootsRestartsUpdatesAndLeavesNothing(t *testing.T) {
	docker := requireDocker(t)
	l := New()
	cluster := &config.Cluster{Metadata: config.Metadata{Name: fmt.Sprintf("lt-%d", os.Getpid())}}
	name := target.WorkerName(cluster.Metadata.Name, "workers", 1)
	cidr := "10.239.78.0/24"
	nets := &networks{connect: dial}
	all := &hosts{connect: dial, machine: thisMachine()}
	t.Cleanup(func() {
		ctx := context.Background()
		_ = all.Delete(ctx, provider.DeleteRequest{ID: name, State: properties(clusterKey, cluster.Metadata.Name)})
		_ = nets.Delete(ctx, provider.DeleteRequest{ID: cluster.Metadata.Name})
	})

	network := properties(clusterKey, cluster.Metadata.Name, nameKey, cluster.Metadata.Name, cidrKey, cidr)
	for range 2 { // the second finds the first's
		if _, _, err := nets.Create(t.Context(), provider.CreateRequest{Inputs: network}); err != nil {
			t.Fatal(err)
		}
	}
	inputs := properties(clusterKey, cluster.Metadata.Name, nameKey, name, roleKey, node.Worker, poolKey, "workers",
		networkKey, cluster.Metadata.Name, cidrKey, cidr, imageKey, defaultHostImage,
		userDataKey, bootScript("one"), bundleKey, "{}")
	id, state, err := all.Create(t.Context(), provider.CreateRequest{Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	if id != name || provider.Text(state, hostAddressKey) != "10.239.78.64" {
		t.Errorf("got id %q, state %v", id, state)
	}
	wantBoots(t, l, name, "one")
	if out := on(t, l, name, "stat", "-c", "%a %U", bundlePath); out.Stdout != "600 root\n" {
		t.Errorf("the bundle is %+v", out)
	}
	if out := on(t, l, name, "cat", "/etc/resolv.conf"); strings.Contains(out.Stdout, "127.0.0.11") {
		t.Errorf("it asks Docker's resolver: %+v", out)
	}

	if _, _, err := all.Create(t.Context(), provider.CreateRequest{Inputs: inputs}); err != nil {
		t.Fatalf("adopting: %v", err)
	}
	if err := docker.ContainerRestart(t.Context(), name, container.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	wantBoots(t, l, name, "one")

	changed := inputs.Copy()
	changed[userDataKey] = resource.NewProperty(bootScript("two"))
	if state, err = all.Update(t.Context(), provider.UpdateRequest{ID: name, State: state, Inputs: changed}); err != nil {
		t.Fatal(err)
	}
	wantBoots(t, l, name, "one\ntwo")

	seen, err := l.Observe(t.Context(), cluster, target.Outputs{Hosts: []target.Host{{Name: name}, {Name: name + "-none"}}})
	if err != nil || seen[0].Before != "user-data: done" || !strings.Contains(seen[1].Before, "gone") {
		t.Errorf("got %+v, %v", seen, err)
	}
	if err := docker.ContainerStop(t.Context(), name, container.StopOptions{}); err != nil {
		t.Fatal(err)
	}
	read, err := all.Read(t.Context(), provider.ReadRequest{ID: name, State: state, Inputs: changed})
	if err != nil || provider.Bool(read.State, runningKey) {
		t.Errorf("a stopped host was read as %v, %v", read.State, err)
	}
	if _, err = all.Update(t.Context(), provider.UpdateRequest{ID: name, State: read.State, Inputs: changed}); err != nil {
		t.Fatal(err)
	}
	wantBoots(t, l, name, "one\ntwo")

	left, err := l.Leftovers(t.Context(), cluster)
	if err != nil || len(left) != 3 {
		t.Errorf("before the deletion there are %v, %v", left, err)
	}
	if err := all.Delete(t.Context(), provider.DeleteRequest{ID: name, State: state}); err != nil {
		t.Fatal(err)
	}
	if err := nets.Delete(t.Context(), provider.DeleteRequest{ID: cluster.Metadata.Name}); err != nil {
		t.Fatal(err)
	}
	if left, err := l.Leftovers(t.Context(), cluster); err != nil || len(left) != 0 {
		t.Errorf("after the deletion there are %v, %v", left, err)
	}
	if read, err := all.Read(t.Context(), provider.ReadRequest{ID: name, State: state}); err != nil || read.ID != "" {
		t.Errorf("a deleted host was read as %v, %v", read, err)
	}
}

// properties makes a map of keys and texts in turn.
func properties(pairs ...string) provider.Properties {
	made := provider.Properties{}
	for i := 0; i < len(pairs); i += 2 {
		made[resource.PropertyKey(pairs[i])] = resource.NewProperty(pairs[i+1])
	}
	return made
}
