package wizard

import (
	"fmt"
	"strings"

	"github.com/pmezard/go-difflib/difflib"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// summaryStep is the last question: whether to write what there is.
func (w *Wizard) summaryStep() step {
	m := &menu{body: w.Summary()}
	problems := w.draft.Problems()
	for i, p := range problems {
		m.choices = append(m.choices, choice{
			value: fmt.Sprintf("mend %d", i+1), label: "Mend " + p.Path + ": " + p.Message,
			do: func(w *Wizard) { w.enter(frame{build: w.mend(p.Path)}) },
		})
	}
	if len(problems) == 0 {
		m.choices = append(m.choices, choice{value: "write", label: "Write " + w.draft.name, do: func(w *Wizard) { w.end = Write }})
	}
	m.choices = append(m.choices,
		choice{value: "back", label: "Back to the questions", do: func(w *Wizard) { w.Back() }},
		choice{value: "abort", label: "Abort and write nothing", do: func(w *Wizard) { w.end = Abort }})
	title := "Write it?"
	if len(problems) > 0 {
		title = "What is to be done?"
	}
	return step{id: "summary", section: "Summary", title: title, menu: m}
}

// Summary is what the config makes, what of it is not the default, and what
// will be written.
func (w *Wizard) Summary() string {
	cluster, report := w.draft.Cluster()
	var out strings.Builder
	out.WriteString(overview(cluster))
	if !report.Empty() {
		fmt.Fprintf(&out, "\nNot yet right:\n")
		for _, p := range report.Problems {
			fmt.Fprintf(&out, "  %s: %s\n    fix: %s\n", p.Path, p.Message, p.Fix)
		}
	}
	if w.bill != nil && report.Empty() {
		if lines := w.bill(cluster); len(lines) > 0 {
			fmt.Fprintf(&out, "\nBilled while the cluster exists:\n  %s\n", strings.Join(lines, "\n  "))
		}
	}
	if differences := w.draft.Differences(); len(differences) > 0 {
		fmt.Fprintf(&out, "\nOther than the defaults:\n")
		for _, d := range differences {
			fmt.Fprintf(&out, "  %s\n", d)
		}
	}
	out.WriteString("\n" + w.draft.Change())
	return out.String()
}

// overview is what a config makes, in a few lines.
func overview(c *config.Cluster) string {
	workers := 0
	var pools []string
	for _, pool := range c.Spec.Pools {
		workers += pool.Count
		pools = append(pools, fmt.Sprintf("%s %d", pool.Name, pool.Count))
	}
	text := fmt.Sprintf("Cluster %q on target %q, Kubernetes %s\n", c.Metadata.Name, c.Spec.Target, c.Spec.KubernetesVersion)
	text += fmt.Sprintf("Nodes:   %s, %s", counted(c.Spec.ControlPlane.Count, "control plane"), counted(workers, "worker"))
	if len(pools) > 0 {
		text += " (" + strings.Join(pools, ", ") + ")"
	}
	n := c.Spec.Network
	return text + fmt.Sprintf("\nNetwork: %s; pods %s, services %s, nodes %s\n", n.Layer, n.PodCIDR, n.ServiceCIDR, n.NodeCIDR)
}

// Difference is a field that says something else than its default.
type Difference struct {
	Path, Value, Default string
}

// String is the difference in one line.
func (d Difference) String() string {
	if d.Default == "" {
		return d.Path + ": " + d.Value
	}
	return fmt.Sprintf("%s: %s (default %s)", d.Path, d.Value, d.Default)
}

// Differences are the fields that are not as they would be by default, in the
// order of the schema.
func (d *Draft) Differences() []Difference {
	var out []Difference
	d.differences(d.schema.Root, "", &out)
	return out
}

func (d *Draft) differences(f *schema.Field, path string, out *[]Difference) {
	value, found, err := d.document.Get(path)
	switch {
	case err != nil || !found && path != "" || path == "$schema" || path == "apiVersion" || path == "kind":
	case f.Type == schema.Object:
		for _, inner := range f.Fields {
			d.differences(inner, strings.TrimPrefix(path+"."+inner.Name, "."), out)
		}
	case f.Type == schema.List && f.Item.Type == schema.Object:
		items, _ := value.([]any)
		for i := range items {
			d.differences(f.Item, fmt.Sprintf("%s[%d]", path, i), out)
		}
	default:
		usual := d.defaultOf(path, f)
		if path == targetPath {
			usual = config.DefaultTarget
		}
		if same(value, usual) {
			return
		}
		*out = append(*out, Difference{Path: path, Value: show(plainly(value)), Default: show(usual)})
	}
}

// Change is the file that will be written, or what of the one that was found
// will be other.
func (d *Draft) Change() string {
	data, err := d.Bytes()
	if err != nil {
		return err.Error()
	}
	if d.found == nil {
		return fmt.Sprintf("%s will be:\n%s", d.name, data)
	}
	if string(data) == string(d.found) {
		return d.name + " stays as it is.\n"
	}
	text, err := difflib.GetUnifiedDiffString(difflib.UnifiedDiff{
		A: difflib.SplitLines(string(d.found)), B: difflib.SplitLines(string(data)),
		FromFile: d.name + ", as it is", ToFile: d.name + ", as it will be", Context: 2,
	})
	if err != nil {
		return err.Error()
	}
	return text
}
