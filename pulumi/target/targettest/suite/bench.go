package suite

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"
)

// bootstrapImage is what hosts run, unless a test says otherwise.
const bootstrapImage = "registry.example.com/kubernetes-anywhere/bootstrap@sha256:" +
	"0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"

// bench is a stack and the cloud that it is made in.
type bench struct {
	*engine.Stack
	suite  *suite
	cloud  *targettest.Cloud
	folder string
	// image is the bootstrap image.
	image string

	mu   sync.Mutex
	said strings.Builder
}

// open makes a bench: one costs the derivation of a key, its operations don't.
func (s *suite) open(t *testing.T) *bench {
	t.Helper()
	b := &bench{suite: s, cloud: s.Cloud(), folder: t.TempDir(), image: bootstrapImage}
	providers := maps.Clone(s.Target.Providers())
	if providers == nil {
		providers = map[string]target.Provider{}
	}
	providers[s.Provider] = b.cloud.Provider
	stack, err := engine.Open(t.Context(), engine.Options{
		Project: "kubernetes-anywhere", Stack: clusterName,
		Backend: "file://" + filepath.Join(b.folder, "state"), Home: s.home,
		Passphrase: "open sesame", Providers: providers, Notice: b.note,
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = stack.Close() })
	b.Stack = stack
	return b
}

// prepare puts into the cloud what a shape takes to exist.
func (b *bench) prepare(t *testing.T, of shape) {
	t.Helper()
	if of.existing && len(b.cloud.Objects()) == 0 {
		b.suite.Prepare(t, b.cloud)
	}
}

// program is that of a shape.
func (b *bench) program(t *testing.T, of shape) pulumi.RunFunc {
	t.Helper()
	return b.suite.Target.Program(target.Inputs{Cluster: b.suite.load(t, of), BootstrapImage: b.image})
}

// note keeps what the engine says, to look for secrets in it.
func (b *bench) note(text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.said.WriteString(text + "\n")
}

// sink collects the events of an operation, sameness left out.
func (b *bench) sink(into *[]engine.Event) func(engine.Event) {
	return func(e engine.Event) {
		b.note(fmt.Sprintf("%+v", e))
		if e.Kind == engine.Done && e.Op != "same" && into != nil {
			*into = append(*into, e)
		}
	}
}

// up brings a shape up, and gives what changed.
func (b *bench) up(t *testing.T, of shape) (engine.Changes, []engine.Event) {
	t.Helper()
	b.prepare(t, of)
	var events []engine.Event
	changes, err := b.Up(t.Context(), b.program(t, of), b.sink(&events))
	if err != nil {
		t.Fatalf("bringing up %q: %v", of.String(), err)
	}
	return changes, events
}

// refresh reads what exists.
func (b *bench) refresh(t *testing.T) engine.Changes {
	t.Helper()
	changes, err := b.Refresh(t.Context(), nil, b.sink(nil))
	if err != nil {
		t.Fatal(err)
	}
	return changes
}

// destroy deletes the cluster and demands that nothing is left but what was
// there before it.
func (b *bench) destroy(t *testing.T, before []targettest.Object) engine.Changes {
	t.Helper()
	changes, err := b.Destroy(t.Context(), b.sink(nil))
	if err != nil {
		t.Fatalf("destroying: %v", err)
	}
	if left := identities(b.cloud.Objects()); !slices.Equal(left, identities(before)) {
		t.Errorf("after destroy the cloud holds\n%v\nand held before\n%v", left, identities(before))
	}
	return changes
}

// recorded demands that the state and the cloud hold the same, each once.
func (b *bench) recorded(t *testing.T, before []targettest.Object) {
	t.Helper()
	resources, err := b.Resources(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	want := identities(before)
	for _, r := range resources {
		if strings.HasPrefix(r.Type, b.suite.Provider+":") {
			want = append(want, identity(r.Type, r.Name, r.ID))
		}
	}
	slices.Sort(want)
	got := slices.DeleteFunc(identities(b.cloud.Objects()), func(id string) bool {
		return b.suite.retained(id) && !slices.Contains(want, id)
	})
	if !slices.Equal(got, want) {
		t.Errorf("the cloud holds\n%v\nand the state says\n%v", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// retained tells whether an identity is that of a type which outlives its
// place in the program.
func (s *suite) retained(id string) bool {
	kind, _, _ := strings.Cut(id, " ")
	return slices.Contains(s.Retained, kind)
}

func identity(kind, name, id string) string { return kind + " " + name + " " + id }

func identities(objects []targettest.Object) []string {
	all := []string{}
	for _, o := range objects {
		all = append(all, identity(o.Type, o.Name, o.ID))
	}
	slices.Sort(all)
	return all
}
