package swap

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// gap says what does not work while nodes are on two layers.
func gap(p Plan, leaving, toward catalog.Layer) []string {
	all := []string{
		"From the first node to the last, pods on nodes that are switched and pods on nodes that are not do not reach each other, nor by a Service.",
		"On the node at hand, pods of DaemonSets have no network until they have restarted.",
	}
	planes := len(slices.DeleteFunc(slices.Clone(p.Nodes), func(n NodePlan) bool { return !n.ControlPlane }))
	if leaving.HostsSeePods != toward.HostsSeePods && planes > 1 {
		all = append(all, "Until all control planes are switched, pods on some nodes reach the API by some of them only, and may have to ask again.")
	}
	if p.Policy != PolicyNone {
		all = append(all, map[string]string{
			PolicyGained: "NetworkPolicy objects take effect from now on, on each node once it is switched: look at them first ('kubectl get networkpolicy -A').",
			PolicyLost:   "NetworkPolicy objects take no effect any more, on each node once it is switched.",
			PolicyKept:   "NetworkPolicy objects take effect on every node, before and after it is switched.",
		}[p.Policy])
	}
	if p.KubeProxy != "" {
		all = append(all, "Service addresses do not answer on a node while it has neither kube-proxy nor what stands in for it.")
	}
	return all
}

// Print writes the plan for people, in 80 columns.
func (p Plan) Print(out io.Writer) error {
	var b strings.Builder
	verb := "Switching"
	if p.Resumes {
		verb = "Going on switching"
	}
	fmt.Fprintf(&b, "%s cluster %q from %s to %s\n\nOn every host, once its pods are gone:\n", verb, p.Cluster, p.From, p.To)
	item := func(what string, names []string) {
		if len(names) > 0 {
			text := strings.Join(names, ", ")
			fmt.Fprintln(&b, strings.Join(diag.Wrap(fmt.Sprintf("  %-11s ", what), strings.Repeat(" ", 14), text), "\n"))
		}
	}
	l := p.Leftovers
	item("interfaces", l.Interfaces)
	item("files", l.Files)
	item("chains", l.Chains)
	item("tables", l.Tables)
	item("IP sets", l.IPSets)
	if l.Routes {
		item("routes", []string{"those to pods of other hosts"})
	}
	item("loaded", p.Kernel.Modules)
	p.printPorts(&b)
	if err := p.printNodes(&b); err != nil {
		return err
	}
	if len(p.Resources) > 0 {
		fmt.Fprintln(&b, "\nIn the end phase 1 tells hosts of it, and closes ports:")
		fmt.Fprintln(&b, strings.Join(diag.Wrap("  ", "  ", strings.Join(p.Resources, ", ")), "\n"))
	}
	if len(p.Lost) > 0 {
		fmt.Fprintf(&b, "\nLost, for nothing makes them anew:\n  %s\n", strings.Join(p.Lost, "\n  "))
	}
	fmt.Fprintln(&b, "\nMeanwhile:")
	for _, line := range p.Gap {
		fmt.Fprintln(&b, strings.Join(diag.Wrap("  - ", "    ", line), "\n"))
	}
	_, err := io.WriteString(out, b.String())
	return err
}

func (p Plan) printPorts(b *strings.Builder) {
	if len(p.Opened)+len(p.Closed) == 0 {
		return
	}
	fmt.Fprintln(b, "\nPorts between hosts, where there is a firewall of ours:")
	for _, list := range []struct {
		verb  string
		ports []catalog.Port
	}{{"opened", p.Opened}, {"closed", p.Closed}} {
		for _, port := range list.ports {
			number := fmt.Sprint(port.From)
			if port.Last() != port.From {
				number += fmt.Sprintf("-%d", port.Last())
			}
			fmt.Fprintln(b, strings.Join(diag.Wrap(fmt.Sprintf("  %-11s %s/%s  ", list.verb, number, port.Protocol), strings.Repeat(" ", 14), port.Why), "\n"))
		}
	}
}

func (p Plan) printNodes(b *strings.Builder) error {
	fmt.Fprintln(b, "\nOne after the other:")
	w := tabwriter.NewWriter(b, 0, 0, 3, ' ', 0)
	fmt.Fprintln(w, "  NODE\tPODS\tHOW")
	for _, n := range p.Nodes {
		how := "restarted where they are: no other node takes them"
		switch {
		case n.Done:
			fmt.Fprintf(w, "  %s\t-\tdone\n", n.Name)
			continue
		case n.Drained:
			how = "drained, those of DaemonSets restarted"
		}
		fmt.Fprintf(w, "  %s\t%d\t%s\n", n.Name, len(n.Restarts), how)
	}
	return w.Flush()
}
