package cli

import (
	"fmt"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// bill is what a cluster costs, in things: nothing on this machine.
func (s *session) bill() []target.Charge {
	if billed, costs := s.target.(target.Billed); costs {
		return billed.Bill(s.cluster)
	}
	return nil
}

// printBill prints what is paid for. Prices are the cloud's to tell.
func (s *session) printBill(charges []target.Charge) error {
	if len(charges) == 0 {
		return nil
	}
	fmt.Fprintln(s.env.Out, "\nBilled while the cluster exists (traffic and what runs in it come on top):")
	w := newTable(s.env.Out, "COUNT", "WHAT", "FOR")
	for _, c := range charges {
		number := fmt.Sprint(c.Count)
		if c.Max > 0 {
			number = fmt.Sprintf("%d-%d", c.Count, c.Max)
		}
		fmt.Fprintf(w, "%s\t%s\t%s\n", number, c.What, c.For)
	}
	return w.Flush()
}
