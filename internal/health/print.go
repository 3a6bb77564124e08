package health

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

// Style is how a report is printed.
type Style struct {
	// Wide adds columns, and lists every node.
	Wide bool
	// Columns is the width that words are wrapped to; zero is 80.
	Columns int
}

// mostRows is how many nodes are listed one by one on a screen of 24 lines.
const mostRows = 10

// mostProblems is how many problems are told before the rest is counted, and
// mostNext how many commands are proposed.
const (
	mostProblems = 6
	mostNext     = 4
)

// Print writes a report for people: one screen for a cluster of a few nodes.
func Print(w io.Writer, r Report, style Style) error {
	if style.Columns == 0 {
		style.Columns = 80
	}
	var out bytes.Buffer
	if r.Making != nil {
		making(&out, r, style)
		_, err := w.Write(out.Bytes())
		return err
	}
	header(&out, r, style)
	if len(r.Nodes) > 0 {
		out.WriteString("\n")
		clipped(&out, style, func(w io.Writer) { nodes(w, r, style) })
	}
	if len(r.Addons) > 0 {
		out.WriteString("\n")
		clipped(&out, style, func(w io.Writer) { addons(w, r) })
	}
	clipped(&out, style, func(w io.Writer) { drift(w, r, style) })
	problems(&out, r, style)
	_, err := w.Write(out.Bytes())
	return err
}

// clipped writes lines of tables, which are cut where they do not fit. What is
// to be read or typed is wrapped instead, and never cut.
func clipped(w io.Writer, style Style, write func(io.Writer)) {
	var text bytes.Buffer
	write(&text)
	for line := range strings.Lines(text.String()) {
		line = strings.TrimRight(line, " \n")
		if !style.Wide {
			line = cut(line, style.Columns)
		}
		fmt.Fprintln(w, line)
	}
}

func header(w io.Writer, r Report, style Style) {
	fact := func(name, text string) {
		wrapped(w, fmt.Sprintf("%-14s", name), strings.Repeat(" ", 14), text, style)
	}
	state := r.State
	if len(r.Unknown) > 0 {
		state += ", as far as is known"
	}
	fact("Cluster", fmt.Sprintf("%s on %s, Kubernetes %s: %s", r.Name, r.Target, r.Wanted, state))
	api := fmt.Sprintf("%s: %s", r.API.Endpoint, r.API.State)
	if r.API.State != Unreachable {
		api += fmt.Sprintf(", answered in %s", r.API.Took.Round(time.Millisecond))
	}
	fact("API", api)
	fact("Control plane", r.planes())
	fact("Versions", r.versions())
	fact("Certificates", r.FirstEnd())
}

// planes is the control plane in a line.
func (r Report) planes() string {
	var direct, bad, serve []string
	known := 0
	for _, p := range r.Planes {
		if p.Direct != nil {
			direct = append(direct, fmt.Sprintf("%s %s", p.Host, p.Direct.State))
		}
		if len(p.Components) > 0 {
			known++
		}
		ok := true
		for _, c := range p.Components {
			if c.Reason != "" {
				bad, ok = append(bad, c.Name+" of "+p.Host), false
			}
		}
		if ok && len(p.Components) > 0 {
			serve = append(serve, p.Host)
		}
	}
	switch {
	case known > 0 && len(bad) > 0:
		return fmt.Sprintf("%d of %d serve; not %s", len(serve), len(r.Planes), strings.Join(bad, ", "))
	case known > 0:
		return fmt.Sprintf("%d of %d serve: %s", len(serve), len(r.Planes), strings.Join(r.components(), ", "))
	case len(direct) > 0:
		return "asked by their addresses: " + strings.Join(direct, ", ")
	}
	return fmt.Sprintf("unknown: of %d, none could be asked", len(r.Planes))
}

// components are the names of what runs on control planes.
func (r Report) components() []string {
	var out []string
	for _, p := range r.Planes {
		for _, c := range p.Components {
			if name := strings.TrimPrefix(c.Name, "kube-"); !slices.Contains(out, name) {
				out = append(out, name)
			}
		}
	}
	return out
}

func (r Report) versions() string {
	byVersion := r.kubelets()
	var parts []string
	if r.API.Version != "" {
		parts = append(parts, "API server "+r.API.Version)
	}
	for _, v := range sorted(byVersion) {
		parts = append(parts, fmt.Sprintf("%d x kubelet %s", len(byVersion[v]), v))
	}
	if len(parts) == 0 {
		return "unknown; the config wants " + r.Wanted
	}
	return strings.Join(parts, ", ")
}

func table(w io.Writer, columns ...string) *tabwriter.Writer {
	// kubectl's own spacing.
	t := tabwriter.NewWriter(w, 6, 4, 3, ' ', 0)
	fmt.Fprintln(t, strings.Join(columns, "\t"))
	return t
}

func nodes(w io.Writer, r Report, style Style) {
	columns := []string{"NODE", "ROLE", "STATUS", "VERSION", "AGE", "ADDRESS"}
	if style.Wide {
		columns = append(columns, "ZONE", "OS", "KERNEL", "RUNTIME", "PROVIDER-ID")
	}
	t := table(w, columns...)
	listed, folded, more := r.Nodes, map[string]int{}, 0
	if !style.Wide && len(r.Nodes) > mostRows {
		listed, folded = r.fold()
		more = max(0, len(listed)-mostRows)
		listed = listed[:len(listed)-more]
	}
	for _, n := range listed {
		row := []string{n.Name, n.role(), n.Status, dash(n.Version), r.age(n), dash(n.Address)}
		if style.Wide {
			row = append(row, dash(n.Zone), dash(n.OS), dash(n.Kernel), dash(n.Runtime), dash(n.ProviderID))
		}
		fmt.Fprintln(t, strings.Join(row, "\t"))
	}
	for _, pool := range slices.Sorted(maps.Keys(folded)) {
		fmt.Fprintf(t, "(%d more)\t%s\tReady\t\t\t\n", folded[pool], pool)
	}
	t.Flush()
	if more > 0 {
		fmt.Fprintf(w, "(%d more are not as they should be, which -o wide lists)\n", more)
	}
}

// fold leaves the workers that are as they should be out of a long list, and
// counts them by pool.
func (r Report) fold() (listed []Node, folded map[string]int) {
	folded = map[string]int{}
	for _, n := range r.Nodes {
		if n.Role != "control-plane" && n.Status == "Ready" {
			folded[n.role()]++
			continue
		}
		listed = append(listed, n)
	}
	return listed, folded
}

// role is the pool of a worker, which says more than that it is one.
func (n Node) role() string {
	if n.Pool != "" {
		return n.Pool
	}
	return dash(n.Role)
}

func (r Report) age(n Node) string {
	if n.Created.IsZero() {
		return "-"
	}
	return Ago(r.At.Sub(n.Created))
}

func addons(w io.Writer, r Report) {
	t := table(w, "ADDON", "PODS", "STATE")
	for _, a := range r.Addons {
		pods, state := "-", "ready"
		if a.Wanted > 0 {
			pods = fmt.Sprintf("%d/%d", a.Ready, a.Wanted)
		}
		if a.Unmanaged {
			state = "unmanaged"
		}
		if len(a.Reasons) > 0 {
			state = a.Reasons[0]
		}
		fmt.Fprintf(t, "%s\t%s\t%s\n", a.Name, pods, state)
	}
	t.Flush()
}

func problems(w io.Writer, r Report, style Style) {
	if len(r.Problems)+len(r.Unknown) == 0 {
		return
	}
	fmt.Fprintln(w, "\nPROBLEMS")
	var next []string
	shown := r.Problems
	if !style.Wide && len(shown) > mostProblems {
		shown = shown[:mostProblems]
	}
	for _, p := range shown {
		wrapped(w, p.Of+": ", "  ", p.Is, style)
		for _, command := range p.Next {
			same := func(other string) bool { return bare(other) == bare(command) }
			if !slices.ContainsFunc(next, same) {
				next = append(next, command)
			}
		}
	}
	if more := len(r.Problems) - len(shown); more > 0 {
		fmt.Fprintf(w, "and %d more, which -o wide lists\n", more)
	}
	for _, u := range r.Unknown {
		wrapped(w, u.What+": ", "  ", "unknown: "+u.Why, style)
	}
	if len(next) == 0 {
		return
	}
	fmt.Fprintln(w, "\nNEXT")
	for _, command := range next[:min(len(next), mostNext)] {
		fmt.Fprintln(w, "  "+command)
	}
}

// bare is a command without what is remarked behind it.
func bare(command string) string {
	command, _, _ = strings.Cut(command, "   #")
	return command
}

func dash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
