package local

import (
	"archive/tar"
	"bytes"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/api/types/volume"
	"github.com/google/go-cmp/cmp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/provider"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

func worker(name string) provider.Properties {
	made := properties(clusterKey, "demo", nameKey, name, roleKey, node.Worker, poolKey, "workers", networkKey, "demo",
		cidrKey, "10.240.0.0/24", imageKey, defaultHostImage, userDataKey, "echo hello", archiveKey, "/tmp/images.tar")
	made[bundleKey] = provider.Secret(`{"kind":"NodeBundle"}`)
	return made
}

func fakeHosts() (*fakeDocker, *hosts) {
	docker := newFake()
	return docker, &hosts{connect: docker.connect, machine: quietMachine()}
}

func create(t *testing.T, all *hosts, inputs provider.Properties) provider.Properties {
	t.Helper()
	_, state, err := all.Create(t.Context(), provider.CreateRequest{Inputs: inputs})
	if err != nil {
		t.Fatal(err)
	}
	return state
}

func TestHostCreate_MakesItAndBootsIt(t *testing.T) {
	docker, all := fakeHosts()
	state := create(t, all, worker("demo-workers-1"))
	if got := provider.Text(state, hostAddressKey); got != "10.240.0.64" {
		t.Errorf("its address is %q", got)
	}
	if !state[bundleKey].IsSecret() {
		t.Error("the bundle is no secret any more")
	}
	made := docker.containers["demo-workers-1"]
	if !made.running || !made.host.Privileged || made.config.Labels[target.PoolLabel] != "workers" {
		t.Errorf("got %+v %+v", made.config, made.host)
	}
	if docker.volumes["demo-workers-1-var"].Labels[target.ClusterLabel] != "demo" {
		t.Error("its volume has no label")
	}
	order := strings.Join(docker.calls, "\n")
	if strings.Index(order, "copy to") > strings.Index(order, "start ") {
		t.Errorf("it was started before it was told what to do:\n%s", order)
	}
}

func TestHostCreate_GivesEachItsOwnAddress(t *testing.T) {
	_, all := fakeHosts()
	var mu sync.Mutex
	var group sync.WaitGroup
	var got []string
	for _, name := range []string{"a", "b", "c", "d"} {
		group.Go(func() {
			_, state, err := all.Create(t.Context(), provider.CreateRequest{Inputs: worker(name)})
			if err != nil {
				t.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			got = append(got, provider.Text(state, hostAddressKey))
		})
	}
	group.Wait()
	slices.Sort(got)
	if diff := cmp.Diff([]string{"10.240.0.64", "10.240.0.65", "10.240.0.66", "10.240.0.67"}, got); diff != "" {
		t.Error(diff)
	}
}

func TestHostCreate_TakesTheAddressOfOneThatIsGone(t *testing.T) {
	docker, all := fakeHosts()
	for _, name := range []string{"a", "b", "c"} {
		create(t, all, worker(name))
	}
	delete(docker.containers, "b")
	if got := provider.Text(create(t, all, worker("b")), hostAddressKey); got != "10.240.0.65" {
		t.Errorf("its address is %q", got)
	}
}

func TestHostCreate_AdoptsWhatAKilledRunLeft(t *testing.T) {
	docker, all := fakeHosts()
	first := create(t, all, worker("a"))
	docker.containers["a"].running = false
	second := create(t, all, worker("a"))
	if docker.did("create a") != 1 || !docker.containers["a"].running {
		t.Errorf("calls: %q", docker.calls)
	}
	if diff := cmp.Diff(provider.Text(first, hostAddressKey), provider.Text(second, hostAddressKey)); diff != "" {
		t.Error(diff)
	}
}

func TestHostCreate_ReplacesOneOfAnotherConfig(t *testing.T) {
	docker, all := fakeHosts()
	create(t, all, worker("a"))
	changed := worker("a")
	changed[imageKey] = resource.NewProperty("another:1")
	create(t, all, changed)
	if docker.did("remove a") != 1 || docker.did("remove volume a-var") != 1 || docker.containers["a"].config.Image != "another:1" {
		t.Errorf("calls: %q", docker.calls)
	}
}

func TestHostCreate_RefusesNamesOfOthers(t *testing.T) {
	for name, occupy := range map[string]func(*fakeDocker){
		"a":     func(f *fakeDocker) { f.containers["a"] = &fakeContainer{config: &container.Config{}} },
		"a-var": func(f *fakeDocker) { f.volumes["a-var"] = &volume.Volume{Name: "a-var"} },
	} {
		docker, all := fakeHosts()
		occupy(docker)
		_, _, err := all.Create(t.Context(), provider.CreateRequest{Inputs: worker("a")})
		if err == nil || !strings.Contains(err.Error(), `"`+name+`"`) || !strings.Contains(err.Error(), "not this cluster's") {
			t.Errorf("%s: got %v", name, err)
		}
		if docker.did("remove")+docker.did("create a") != 0 {
			t.Errorf("it touched what is not ours: %q", docker.calls)
		}
	}
}

func TestHostCreate_TouchesNothingInAPreview(t *testing.T) {
	docker, all := fakeHosts()
	_, state, err := all.Create(t.Context(), provider.CreateRequest{Inputs: worker("a"), Preview: true})
	if err != nil || len(docker.calls) != 0 || provider.Known(state, hostAddressKey) {
		t.Errorf("calls %q, state %v, %v", docker.calls, state, err)
	}
}

func TestHostDiff_TellsUpdateFromReplace(t *testing.T) {
	_, all := fakeHosts()
	state := create(t, all, worker("a"))
	for key, want := range map[string]provider.Diff{
		"":          {DeleteFirst: true},
		userDataKey: {Update: []string{userDataKey}, DeleteFirst: true},
		bundleKey:   {Update: []string{bundleKey}, DeleteFirst: true},
		digestKey:   {Update: []string{digestKey}, DeleteFirst: true},
		imageKey:    {Replace: []string{imageKey}, DeleteFirst: true},
		archiveKey:  {Replace: []string{archiveKey}, DeleteFirst: true},
		portKey:     {Replace: []string{portKey}, DeleteFirst: true},
	} {
		inputs := worker("a")
		if key != "" {
			inputs[resource.PropertyKey(key)] = resource.NewProperty("changed")
		}
		got, err := all.Diff(t.Context(), provider.DiffRequest{State: state, Inputs: inputs})
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", key, diff)
		}
	}
}

func TestHostRead_SeesDrift(t *testing.T) {
	docker, all := fakeHosts()
	state := create(t, all, worker("a"))
	request := provider.ReadRequest{ID: "a", State: state, Inputs: worker("a")}
	docker.containers["a"].running = false
	read, err := all.Read(t.Context(), request)
	if err != nil {
		t.Fatal(err)
	}
	diff, err := all.Diff(t.Context(), provider.DiffRequest{State: read.State, Inputs: worker("a")})
	if err != nil || !slices.Equal(diff.Update, []string{runningKey}) {
		t.Errorf("a stopped host differs by %+v, %v", diff, err)
	}
	if _, err := all.Update(t.Context(), provider.UpdateRequest{ID: "a", State: read.State, Inputs: worker("a")}); err != nil || !docker.containers["a"].running {
		t.Errorf("it was not started: %v", err)
	}
	docker.containers["a"].config.Labels = nil
	if read, err := all.Read(t.Context(), request); err != nil || read.ID != "" {
		t.Errorf("a container of someone else was read as ours: %v, %v", read, err)
	}
	delete(docker.containers, "a")
	if read, err := all.Read(t.Context(), request); err != nil || read.ID != "" {
		t.Errorf("a host that is gone was read as %v, %v", read, err)
	}
}

func TestHostUpdate_RunsTheFirstBootAgainOnlyForSomethingNew(t *testing.T) {
	docker, all := fakeHosts()
	state := create(t, all, worker("a"))
	wanted, err := readSpec(worker("a"))
	if err != nil {
		t.Fatal(err)
	}
	docker.answers["a: cat "+instancePath] = Output{Stdout: wanted.instanceID() + "\n"}
	if _, err := all.Update(t.Context(), provider.UpdateRequest{ID: "a", State: state, Inputs: worker("a")}); err != nil {
		t.Fatal(err)
	}
	changed := worker("a")
	changed[bundleKey] = provider.Secret("{}")
	if _, err := all.Update(t.Context(), provider.UpdateRequest{ID: "a", State: state, Inputs: changed}); err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a: cat " + instancePath, "a: systemctl start --no-block user-data.service",
		// What the run before said is taken away once nothing can say it again.
		"a: cat " + instancePath, "a: systemctl stop user-data.service", "a: rm -f " + node.StatusPath, "a: systemctl start --no-block user-data.service",
	}
	if diff := cmp.Diff(want, docker.execs); diff != "" {
		t.Error(diff)
	}
}

func TestHostUpdate_RestartsAHostThatHoldsAnOldArchive(t *testing.T) {
	docker, all := fakeHosts()
	state := create(t, all, worker("a"))
	changed := worker("a")
	changed[digestKey] = resource.NewProperty("sha256:2")
	if _, err := all.Update(t.Context(), provider.UpdateRequest{ID: "a", State: state, Inputs: changed}); err != nil || docker.did("restart a") != 1 {
		t.Errorf("calls %q, %v", docker.calls, err)
	}
}

func TestHostDelete_LeavesWhatIsNotOurs(t *testing.T) {
	docker, all := fakeHosts()
	state := create(t, all, worker("a"))
	request := provider.DeleteRequest{ID: "a", State: state}
	if err := all.Delete(t.Context(), request); err != nil || len(docker.containers)+len(docker.volumes) != 0 {
		t.Errorf("left %v %v, %v", docker.containers, docker.volumes, err)
	}
	if err := all.Delete(t.Context(), request); err != nil {
		t.Errorf("deleting what is gone: %v", err)
	}
	docker.containers["a"] = &fakeContainer{config: &container.Config{}}
	if err := all.Delete(t.Context(), request); err != nil || docker.containers["a"] == nil {
		t.Errorf("it removed a container of someone else: %v", err)
	}
}

func TestSpecFiles_AreForRootAlone(t *testing.T) {
	wanted, err := readSpec(worker("a"))
	if err != nil {
		t.Fatal(err)
	}
	data, err := wanted.files()
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	for reader := tar.NewReader(bytes.NewReader(data)); ; {
		header, err := reader.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Mode&0o077 != 0 || header.Uid != 0 {
			t.Errorf("%s has mode %o and owner %d", header.Name, header.Mode, header.Uid)
		}
		content, _ := io.ReadAll(reader)
		seen[header.Name] = string(content)
	}
	if seen["var/lib/cloud/node-bundle.json"] != `{"kind":"NodeBundle"}` || seen["var/lib/cloud/user-data"] != "echo hello" {
		t.Errorf("got %v", seen)
	}
}
