package health

import (
	"fmt"
	"io"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

// phases are the three of a cluster, in order, with the title of each.
func phases() [][2]string {
	return [][2]string{{Provision, "1 provision"}, {Bootstrap, "2 bootstrap"}, {Addons, "3 addons"}}
}

// drift lists what is not as wanted, by phase.
func drift(w io.Writer, r Report, style Style) {
	if r.Drift == nil {
		return
	}
	fmt.Fprintln(w, "\nDRIFT")
	if len(r.Drift.Found) == 0 {
		if len(r.Unknown) > 0 {
			fmt.Fprintln(w, "none was found; not all could be compared")
			return
		}
		fmt.Fprintln(w, "none: all three phases are as the config has them")
		return
	}
	for _, phase := range phases() {
		titled := false
		for _, d := range r.Drift.Found {
			if d.Phase != phase[0] {
				continue
			}
			if !titled {
				fmt.Fprintln(w, phase[1])
				titled = true
			}
			d.print(w, style)
		}
	}
	fmt.Fprintf(w, "\n'kubectl anywhere preview %s' shows what bringing it back would do.\n", r.Name)
}

func (d Difference) print(w io.Writer, style Style) {
	lead := d.Of
	if d.What != "" {
		lead += ": " + d.What
	}
	wrapped(w, "  ", "    ", lead, style)
	if d.Wanted != "" || d.Is != "" {
		wanted, is := oneLine(d.Wanted), oneLine(d.Is)
		if !style.Wide {
			wanted, is = plan.Shorten(wanted, is, max(40, style.Columns)-len("    wanted "))
		}
		fmt.Fprintf(w, "    wanted %s\n    is     %s\n", wanted, is)
	}
	if d.Means != "" {
		wrapped(w, "    ", "    ", d.Means, style)
	}
}

// oneLine is a value that may be a whole file.
func oneLine(text string) string { return dash(strings.Join(strings.Fields(text), " ")) }
