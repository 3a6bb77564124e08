package schema_test

import (
	"archive/tar"
	"bytes"
	"cmp"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// A field that changes nothing of what is rendered is one that nothing reads,
// and fails here, unless it is in the short list of elsewhere.
func TestPlaces_EveryFieldIsReadBySomething(t *testing.T) {
	if testing.Short() {
		t.Skip("renders a hundred clusters")
	}
	bases := rendering{t: t, archive: archive(t), own: kustomizations(t), done: map[string]map[string][]byte{}}
	found := map[string]*schema.Use{}
	for f := range every().All() {
		if !holdsValue(f) {
			continue
		}
		if where, is := elsewhere()[f.Path]; is {
			where.read(t)
			found[f.Path] = &schema.Use{Targets: with(f), Elsewhere: where.words}
			if use := f.Use(); !*update && (use == nil || use.Elsewhere != where.words) {
				t.Errorf("places.json is out of date: type 'make update': it lacks %s", f.Path)
			}
			continue
		}
		// Every target takes minutes. Without -update each field is looked at on
		// one of those that are to read it.
		on := with(f)
		if !*update {
			on = oneOf(f)
		}
		use := bases.use(f, on)
		if len(use.Targets) == 0 {
			t.Errorf("%s is a parameter that nothing reads: another value changes nothing on %v", f.Path, on)
		}
		if *update {
			found[f.Path] = use
		} else if known := onTarget(f.Use(), on[0]); !maps.Equal(known, onTarget(use, on[0])) {
			t.Errorf("places.json is out of date: type 'make update': on %v another %s changes\n%v\nand not\n%v", on, f.Path, use.Places, known)
		}
	}
	if *update {
		writePlaces(t, found)
	}
}

func writePlaces(t *testing.T, found map[string]*schema.Use) {
	t.Helper()
	var out bytes.Buffer
	encoder := json.NewEncoder(&out)
	encoder.SetEscapeHTML(false)
	encoder.SetIndent("", " ")
	if err := encoder.Encode(found); err != nil {
		t.Fatal(err)
	}
	golden(t, "places.json", out.Bytes())
}

// oneOf is one target of those that are said to read a field; of fields that
// are new, one of those that have it. They take turns.
func oneOf(f *schema.Field) []string {
	on := with(f)
	if use := f.Use(); use != nil && len(use.Targets) > 0 {
		on = use.Targets
	}
	return []string{on[len(f.Path)%len(on)]}
}

// onTarget are the spots of a field on one target, those of every host as the
// two that they are.
func onTarget(use *schema.Use, on string) map[spot]bool {
	spots := map[spot]bool{}
	if use == nil {
		return spots
	}
	for _, place := range use.Places {
		if place.Targets != nil && !slices.Contains(place.Targets, on) {
			continue
		}
		in := []string{place.In}
		if file, every := strings.CutPrefix(place.In, "every host "); every {
			in = []string{"control-plane " + file, "POOL " + file}
		}
		for _, in := range in {
			spots[spot{place.Phase, in, ""}] = true
			for _, what := range place.What {
				spots[spot{place.Phase, in, what}] = true
			}
		}
	}
	return spots
}

// holdsValue tells the fields that are written by themselves, lists and maps of
// values among them, from those made of others.
func holdsValue(f *schema.Field) bool {
	item := strings.HasSuffix(f.Path, "[]") || strings.HasSuffix(f.Path, "{}")
	return !item && f.IsLeaf()
}

// rendering renders configs.
type rendering struct {
	t       *testing.T
	archive string
	// own are the folders of two kustomizations of a user's.
	own [2]string
	// done are the renderings so far, by the config.
	done map[string]map[string][]byte
}

func (r rendering) files(whole object) map[string][]byte {
	r.t.Helper()
	config, err := json.Marshal(whole)
	if err != nil {
		r.t.Fatal(err)
	}
	if files, known := r.done[string(config)]; known {
		return files
	}
	cluster, problems := load(r.t, whole)
	if len(problems) > 0 {
		r.t.Fatalf("this config cannot be rendered: %v", problems)
	}
	to := linked()[cluster.Spec.Target]
	out, err := render.Cluster(to, r.inputs(to, cluster), render.Options{})
	if err != nil {
		r.t.Fatal(err)
	}
	if r.done != nil {
		r.done[string(config)] = out.Files
	}
	return out.Files
}

// inputs are what the commands make of a config.
func (r rendering) inputs(to target.Target, cluster *config.Cluster) target.Inputs {
	r.t.Helper()
	spec := cluster.Spec
	in := target.Inputs{Cluster: cluster, BootstrapImage: images.For(spec.KubernetesVersion, spec.Images.Registry).Bootstrap}
	if _, pulls := to.(target.Pulling); pulls || spec.Images.Bundle == "" {
		return in
	}
	bundle, err := images.Find(spec.KubernetesVersion, spec.Images.Bundle)
	if err != nil {
		r.t.Fatal(err)
	}
	in.ImageArchive, in.BootstrapArchive, in.ImageDigest = bundle.Path, bundle.BootstrapPath, bundle.Digest
	return in
}

// kustomizations are two that a user could have.
func kustomizations(t *testing.T) (folders [2]string) {
	t.Helper()
	for i, name := range []string{"one", "two"} {
		folders[i] = t.TempDir()
		for file, text := range map[string]string{
			"kustomization.yaml": "resources: [it.yaml]\n",
			"it.yaml":            "{apiVersion: v1, kind: ConfigMap, metadata: {name: " + name + ", namespace: default}}\n",
		} {
			if err := os.WriteFile(filepath.Join(folders[i], file), []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
		}
	}
	return folders
}

// archive is the smallest archive of images.
func archive(t *testing.T) string {
	t.Helper()
	var out bytes.Buffer
	w := tar.NewWriter(&out)
	content := []byte("{}")
	err := w.WriteHeader(&tar.Header{Name: "index.json", Mode: 0o644, Size: int64(len(content))})
	if err == nil {
		_, err = w.Write(content)
	}
	if err == nil {
		err = w.Close()
	}
	file := filepath.Join(t.TempDir(), "images.tar")
	if err == nil {
		err = os.WriteFile(file, out.Bytes(), 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// use finds out what becomes of a field.
func (r rendering) use(f *schema.Field, on []string) *schema.Use {
	r.t.Helper()
	spots := map[spot][]string{}
	use := &schema.Use{}
	for _, name := range on {
		before, after, possible := r.change(name, f)
		if !possible {
			continue
		}
		differ := differences(r.files(before), r.files(after))
		if f.Path == "metadata.name" {
			differ = names(differ)
		}
		for one := range differ {
			spots[one] = append(spots[one], name)
		}
		if len(differ) > 0 {
			use.Targets = append(use.Targets, name)
		}
	}
	use.Places = grouped(everyHost(spots), use.Targets)
	return use
}

// names sums up what the cluster's name changes: nearly everything.
func names(all map[spot]bool) map[spot]bool {
	out := map[spot]bool{}
	for one := range all {
		out[spot{one.phase, map[string]string{
			render.ProvisionDir: "the name of every resource",
			render.BootstrapDir: "the name of every host, and of what is on it",
			render.AddonsDir:    "what speaks of the cluster's name",
		}[one.phase], ""}] = true
	}
	return out
}

// everyHost joins what differs alike on control planes and workers.
func everyHost(spots map[spot][]string) map[spot][]string {
	out := map[spot][]string{}
	for one, names := range spots {
		file, onWorkers := strings.CutPrefix(one.in, "POOL ")
		plane := spot{one.phase, "control-plane " + file, one.what}
		if others, both := spots[plane]; one.phase == render.BootstrapDir && onWorkers && both && slices.Equal(names, others) {
			out[spot{one.phase, "every host " + file, one.what}] = names
			continue
		}
		if file, onPlanes := strings.CutPrefix(one.in, "control-plane "); one.phase == render.BootstrapDir && onPlanes {
			if others, both := spots[spot{one.phase, "POOL " + file, one.what}]; both && slices.Equal(names, others) {
				continue
			}
		}
		out[one] = names
	}
	return out
}

// grouped are the places of all spots, in order.
func grouped(spots map[spot][]string, all []string) []schema.Place {
	type key struct{ phase, in, targets string }
	what := map[key][]string{}
	for one, names := range spots {
		k := key{one.phase, one.in, strings.Join(names, ",")}
		what[k] = append(what[k], one.what)
	}
	var out []schema.Place
	for k, names := range what {
		slices.Sort(names)
		names = slices.DeleteFunc(names, func(name string) bool { return name == "" })
		place := schema.Place{Phase: k.phase, In: k.in, What: names}
		if k.targets != strings.Join(all, ",") {
			place.Targets = strings.Split(k.targets, ",")
		}
		out = append(out, place)
	}
	slices.SortFunc(out, func(a, b schema.Place) int {
		several := func(p schema.Place) int {
			if p.Targets == nil {
				return -len(all)
			}
			return -len(p.Targets)
		}
		return cmp.Or(strings.Compare(a.Phase, b.Phase), cmp.Compare(several(a), several(b)),
			strings.Compare(a.In, b.In), strings.Compare(strings.Join(a.Targets, ","), strings.Join(b.Targets, ",")))
	})
	return out
}
