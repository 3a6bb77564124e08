package plan

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
)

// How much of a long list is printed. All of it is data: -o json.
const (
	mostOfGroup = 8
	mostObjects = 8
	mostFiles   = 6
	mostFields  = 4
	columns     = 80
)

// Print writes the plan for people, in 80 columns. What is to be read comes
// last: warnings, and what it is in all.
func (p *Plan) Print(to io.Writer) error {
	w := &lines{}
	p.printResources(w)
	p.printNodes(w)
	p.printAddons(w)
	p.printBill(w)
	p.printWarnings(w)
	p.printTotals(w)
	_, err := io.WriteString(to, w.String())
	return err
}

func (p *Plan) printResources(w *lines) {
	w.say("1 Provision: %s", counted(p.ofResources(), 0, p.Unchanged))
	group := ""
	for rest := p.Resources; len(rest) > 0; {
		group = rest[0].Group
		end := slices.IndexFunc(rest, func(r Resource) bool { return r.Group != group })
		if end < 0 {
			end = len(rest)
		}
		w.say("  %s", group)
		printGroup(w, byWeight(rest[:end]))
		rest = rest[end:]
	}
}

// printGroup prints resources with what changes of them: once where the same
// changes of one after the other, as of the hosts of a pool.
func printGroup(w *lines, group []Resource) {
	var above []Change
	printSome(w, "    ", group, mostOfGroup, func(r Resource) {
		what := ""
		again := len(above) > 0 && slices.Equal(above, r.Changes)
		above = nil
		switch {
		case r.Op == Create || len(r.Diff) == 0:
		case len(r.Changes) == 0:
			what = " (" + strings.Join(r.Diff, ", ") + ")"
		case again:
			what, above = " (as above)", r.Changes
		default:
			above = r.Changes
		}
		w.clip("    %s %s %s%s", Sign(r.Op), r.Kind(), r.Name, what)
		if above == nil || again {
			return
		}
		const indent = "        "
		printSome(w, indent, r.Changes, mostFields, func(c Change) { w.change(indent, c) })
	})
}

// byWeight puts what is lost before what is changed before what is new.
func byWeight(group []Resource) []Resource {
	weight := map[string]int{Replace: 0, Delete: 1, Update: 2, Create: 3}
	sorted := slices.Clone(group)
	slices.SortStableFunc(sorted, func(a, b Resource) int { return cmp.Compare(weight[a.Op], weight[b.Op]) })
	return sorted
}

func (p *Plan) printNodes(w *lines) {
	w.gap()
	if p.NodesUnknown != "" {
		w.wrap("2 Bootstrap: unknown: ", p.NodesUnknown)
		return
	}
	same := 0
	for _, n := range p.Nodes {
		if n.Op == "" {
			same++
		}
	}
	w.say("2 Bootstrap: %s", counted(p.ofNodes(), 0, same))
	for _, n := range p.Nodes {
		if n.Op == "" && n.Means == MeansNothing {
			continue
		}
		w.wrap(fmt.Sprintf("  %s %s (%s): ", Sign(n.Op), n.Name, n.numbered()), n.Means)
		if n.Because != "" {
			w.wrap("      ", n.Because)
		}
		printSome(w, "      ", n.Files, mostFiles, func(f FileChange) {
			w.clip("      %s %s", Sign(f.Op), f.Path)
		})
	}
}

func (p *Plan) printAddons(w *lines) {
	w.gap()
	if p.AddonsUnknown != "" {
		w.wrap("3 Addons: unknown: ", p.AddonsUnknown)
		if len(p.Addons) == 0 {
			return
		}
	}
	w.say("3 Addons: %s", p.countedAddons())
	printSome(w, "  ", p.Addons, mostObjects, func(o Object) {
		w.clip("  %s %s", Sign(o.Op), o.Ref)
		printSome(w, "      ", o.Changes(), mostFields, func(c Change) { w.change("      ", c) })
	})
}

// printBill prints what is paid for. Prices are the cloud's to tell.
func (p *Plan) printBill(w *lines) {
	if len(p.Billed) == 0 {
		return
	}
	w.gap()
	w.say("Billed while the cluster exists (traffic and what runs in it come on top):")
	rows := [][]string{{"COUNT", "WHAT", "FOR"}}
	for _, c := range p.Billed {
		number := fmt.Sprint(c.Count)
		if c.Max > 0 {
			number = fmt.Sprintf("%d-%d", c.Count, c.Max)
		}
		rows = append(rows, []string{number, c.What, c.For})
	}
	w.table(rows)
}

func (p *Plan) printTotals(w *lines) {
	w.gap()
	t := p.Totals
	switch {
	case !p.Pending() && p.AddonsUnknown+p.NodesUnknown != "":
		w.say("Nothing to change where that is known.")
		return
	case !p.Pending():
		w.say("Nothing to change.")
		return
	}
	w.say("In all: +%d ~%d ±%d -%d", t.Create, t.Update, t.Replace, t.Delete)
}

func (p *Plan) countedAddons() string {
	conflicts := 0
	for _, o := range p.Addons {
		if o.Op == Conflict {
			conflicts++
		}
	}
	return counted(p.ofAddons(), conflicts, p.AddonsUnchanged)
}

// printSome prints the first of a list, and how many more there are.
func printSome[T any](w *lines, indent string, all []T, most int, print func(T)) {
	if len(all) == most+1 {
		most++ // the line would say no more than what it hides
	}
	for i, one := range all {
		if i == most {
			w.say("%s… and %d more (-o json shows all)", indent, len(all)-most)
			return
		}
		print(one)
	}
}

// Sign is Pulumi's own for what happens to something; = where nothing does, and
// ! where somebody else is in the way.
func Sign(op string) string {
	switch op {
	case Create:
		return "+"
	case Update:
		return "~"
	case Replace:
		return "±"
	case Delete:
		return "-"
	case Conflict:
		return "!"
	}
	return "="
}

// counted is what would become of things: 2 to create, 1 unchanged.
func counted(t Totals, conflicts, same int) string {
	var parts []string
	for _, part := range []struct {
		n    int
		verb string
	}{{t.Create, Create}, {t.Update, Update}, {t.Replace, Replace}, {t.Delete, Delete}} {
		if part.n > 0 {
			parts = append(parts, fmt.Sprintf("%d to %s", part.n, part.verb))
		}
	}
	if conflicts > 0 {
		parts = append(parts, fmt.Sprintf("%d in conflict", conflicts))
	}
	if same > 0 || len(parts) == 0 {
		parts = append(parts, fmt.Sprintf("%d unchanged", same))
	}
	return strings.Join(parts, ", ")
}
