package local

import (
	"archive/tar"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

const testImage = "example.org/bootstrap:v1.37.1"

// testArchive is an archive with one image, as 'make images' writes them.
func testArchive(t *testing.T) string {
	t.Helper()
	file, err := os.Create(filepath.Join(t.TempDir(), "bootstrap.tar"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	writer := tar.NewWriter(file)
	for name, text := range map[string]string{
		"index.json":    `{"manifests":[{"digest":"sha256:aa","annotations":{"io.containerd.image.name":"` + testImage + `"}}]}`,
		"manifest.json": `[{"Config":"blobs/sha256/cc","RepoTags":["` + testImage + `"],"Layers":[]},{"Config":"blobs/sha256/dd","RepoTags":["other:1"]}]`,
	} {
		if err := writer.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: int64(len(text))}); err != nil {
			t.Fatal(err)
		}
		if _, err := writer.Write([]byte(text)); err != nil {
			t.Fatal(err)
		}
	}
	if err := writer.Close(); err != nil {
		t.Fatal(err)
	}
	return file.Name()
}

func balancerInputs(archive string) provider.Properties {
	return properties(clusterKey, "demo", nameKey, "demo-balancer", networkKey, "demo", cidrKey, "10.240.0.0/24", addressKey, "10.240.0.20",
		imageKey, testImage, smallKey, archive, digestKey, "sha256:1", portKey, "6443", backendsKey, "10.240.0.2:6443,10.240.0.3:6443")
}

func fakeBalancers() (*fakeDocker, *balancers) {
	docker := newFake()
	return docker, &balancers{connect: docker.connect}
}

func createBalancer(t *testing.T, all *balancers, inputs provider.Properties) provider.Properties {
	t.Helper()
	_, state, err := all.Create(t.Context(), provider.CreateRequest{Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestBalancer_HasNoRightsAndPublishesTheAPI(t *testing.T) {
	docker, all := fakeBalancers()
	createBalancer(t, all, balancerInputs(testArchive(t)))
	made := docker.containers["demo-balancer"]
	if made == nil || !made.running || docker.did("load") != 1 {
		t.Fatalf("calls: %q", docker.calls)
	}
	if made.host.Privileged || !made.host.ReadonlyRootfs || !slices.Equal(made.host.CapDrop, []string{"ALL"}) || made.config.User != nobody || len(made.host.Mounts)+len(made.host.Binds) != 0 {
		t.Errorf("it may do more than pass on: %+v %+v", made.config, made.host)
	}
	if bindings := made.host.PortBindings["6443/tcp"]; len(bindings) != 1 || bindings[0].HostIP != "127.0.0.1" || bindings[0].HostPort != "6443" {
		t.Errorf("it publishes %v", made.host.PortBindings)
	}
	if made.host.RestartPolicy.Name != container.RestartPolicyUnlessStopped || made.config.Labels[target.ClusterLabel] != "demo" {
		t.Errorf("got %+v %+v", made.host.RestartPolicy, made.config.Labels)
	}
	if diff := cmp.Diff([]string{"balance", "--listen=:6443", "--backend=10.240.0.2:6443", "--backend=10.240.0.3:6443"}, []string(made.config.Cmd)); diff != "" {
		t.Error(diff)
	}
}

func TestBalancer_LoadsTheImageOnlyWhereItIsAnother(t *testing.T) {
	archive := testArchive(t)
	for id, loads := range map[string]int{"sha256:cc": 0, "sha256:aa": 0, "sha256:dd": 1} {
		docker, all := fakeBalancers()
		docker.images[testImage], docker.ids = true, map[string]string{testImage: id}
		createBalancer(t, all, balancerInputs(archive))
		if docker.did("load") != loads {
			t.Errorf("Docker has %s: calls %q", id, docker.calls)
		}
	}
	docker, all := fakeBalancers()
	createBalancer(t, all, balancerInputs("")) // where images are pulled
	docker.images[testImage] = true
	createBalancer(t, all, balancerInputs(""))
	if docker.did("pull "+testImage) != 1 || docker.did("load") != 0 {
		t.Errorf("calls: %q", docker.calls)
	}
}

func TestBalancer_SaysWhyItHasNoImage(t *testing.T) {
	docker, all := fakeBalancers()
	other := balancerInputs(testArchive(t))
	other[imageKey] = resource.NewProperty("missing:1")
	for name, test := range map[string]struct {
		inputs provider.Properties
		says   string
		want   string
	}{
		"no archive":         {balancerInputs("/nonexistent.tar"), "", "/nonexistent.tar"},
		"another's archive":  {other, "", "it does not hold that image; make it again: 'make images'"},
		"Docker says no":     {balancerInputs(testArchive(t)), `{"stream":"x"}{"errorDetail":{},"error":"no space left on device"}`, "no space left on device"},
		"the registry's no":  {balancerInputs(""), `{"error":"denied"}`, `pulling the image "example.org/bootstrap:v1.37.1": denied`},
		"Docker is cut off":  {balancerInputs(testArchive(t)), `{"stream":`, "reading Docker's answer"},
		"an archive, broken": {balancerInputs(os.Args[0]), "", "make images"},
	} {
		docker.loaded = test.says
		if _, _, err := all.Create(t.Context(), provider.CreateRequest{Inputs: test.inputs}); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: got %v", name, err)
		}
	}
	if docker.did("create") != 0 {
		t.Errorf("calls: %q", docker.calls)
	}
}

func TestBalancer_IsMadeAnewForAnotherConfigAndElseKept(t *testing.T) {
	docker, all := fakeBalancers()
	inputs := balancerInputs(testArchive(t))
	state := createBalancer(t, all, inputs)
	createBalancer(t, all, inputs) // a killed run's is taken over
	if docker.did("create ") != 1 || docker.did("remove ") != 0 {
		t.Errorf("calls: %q", docker.calls)
	}
	for key, want := range map[string]provider.Diff{
		"":          {DeleteFirst: true},
		smallKey:    {DeleteFirst: true}, // the same archive elsewhere
		backendsKey: {Update: []string{backendsKey}, DeleteFirst: true},
		digestKey:   {Update: []string{digestKey}, DeleteFirst: true},
		portKey:     {Update: []string{portKey}, DeleteFirst: true},
		addressKey:  {Replace: []string{addressKey}, DeleteFirst: true},
		cidrKey:     {Replace: []string{cidrKey}, DeleteFirst: true},
	} {
		changed := inputs.Copy()
		if key != "" {
			changed[resource.PropertyKey(key)] = resource.NewProperty("1")
		}
		got, err := all.Diff(t.Context(), provider.DiffRequest{State: state, Inputs: changed})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
	inputs[backendsKey] = resource.NewProperty("10.240.0.2:6443")
	if _, err := all.Update(t.Context(), provider.UpdateRequest{ID: "demo-balancer", State: state, Inputs: inputs}); err != nil {
		t.Fatal(err)
	}
	if docker.did("create ") != 2 || docker.did("remove demo-balancer") != 1 || len(docker.containers["demo-balancer"].config.Cmd) != 3 {
		t.Errorf("calls: %q", docker.calls)
	}
}

func TestBalancer_IsStartedWhenSomeoneStoppedIt(t *testing.T) {
	docker, all := fakeBalancers()
	inputs := balancerInputs(testArchive(t))
	state := createBalancer(t, all, inputs)
	docker.containers["demo-balancer"].running = false
	read, err := all.Read(t.Context(), provider.ReadRequest{ID: "demo-balancer", State: state, Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	diff, err := all.Diff(t.Context(), provider.DiffRequest{State: read.State, Inputs: inputs})
	if err != nil || !slices.Equal(diff.Update, []string{runningKey}) {
		t.Errorf("a stopped balancer differs by %+v, %v", diff, err)
	}
	if _, err := all.Update(t.Context(), provider.UpdateRequest{ID: "demo-balancer", State: read.State, Inputs: inputs}); err != nil || !docker.containers["demo-balancer"].running {
		t.Errorf("it was not started: %v", err)
	}
	delete(docker.containers, "demo-balancer")
	if read, err := all.Read(t.Context(), provider.ReadRequest{ID: "demo-balancer", State: state}); err != nil || read.ID != "" {
		t.Errorf("one that is gone was read as %v, %v", read, err)
	}
}

func TestBalancer_LeavesContainersOfOthers(t *testing.T) {
	docker, all := fakeBalancers()
	docker.containers["demo-balancer"] = &fakeContainer{config: &container.Config{}, host: &container.HostConfig{}}
	inputs := balancerInputs(testArchive(t))
	_, _, err := all.Create(t.Context(), provider.CreateRequest{Inputs: inputs})
	if err == nil || !strings.Contains(err.Error(), "not this cluster's") || docker.did("load")+docker.did("remove")+docker.did("start") != 0 {
		t.Errorf("got %v, calls %q", err, docker.calls)
	}
	if err := all.Delete(t.Context(), provider.DeleteRequest{ID: "demo-balancer", State: inputs}); err != nil || docker.containers["demo-balancer"] == nil {
		t.Errorf("it was removed: %v", err)
	}
	docker.containers["demo-balancer"].config.Labels = target.Labels("demo")
	if err := all.Delete(t.Context(), provider.DeleteRequest{ID: "demo-balancer", State: inputs}); err != nil || docker.containers["demo-balancer"] != nil {
		t.Errorf("it was not removed: %v", err)
	}
}

func TestBalancer_TouchesNothingInAPreview(t *testing.T) {
	docker, all := fakeBalancers()
	if _, _, err := all.Create(t.Context(), provider.CreateRequest{Inputs: balancerInputs(""), Preview: true}); err != nil {
		t.Error(err)
	}
	if _, err := all.Update(t.Context(), provider.UpdateRequest{Inputs: balancerInputs(""), Preview: true}); err != nil {
		t.Error(err)
	}
	if len(docker.calls) != 0 {
		t.Errorf("calls: %q", docker.calls)
	}
}
