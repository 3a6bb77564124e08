package cli

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// listCertificates prints what every host has. A host that cannot be asked is
// said so, and is no reason to fail: the list is what is known.
func (s *session) listCertificates(ctx context.Context, all bool, output string) error {
	out, err := s.outputs(ctx)
	if err != nil {
		return err
	}
	hosts := hostsThat(out, isControlPlane)
	if all {
		if hosts, err = s.machines(ctx, out); err != nil {
			return err
		}
	}
	list := certificates{Name: s.cluster.Metadata.Name, Hosts: s.hostRunner(out).inventories(ctx, hosts)}
	if err := ctx.Err(); err != nil {
		return fmt.Errorf("asking hosts for their certificates: %w", err)
	}
	if list.Kubeconfig, err = s.usersCertificate(out, time.Now()); err != nil {
		return err
	}
	if output != "" {
		return printData(s.env, output, "Certificates", list)
	}
	return s.printCertificates(list)
}

// row is a certificate and the host it is on.
type row struct {
	host string
	node.Certificate
}

// rows are all certificates, the first to end first.
func (c certificates) rows() []row {
	var rows []row
	for _, host := range c.Hosts {
		for _, certificate := range host.Certificates {
			rows = append(rows, row{host.Host, certificate})
		}
	}
	if c.Kubeconfig != nil {
		rows = append(rows, row{"(here)", *c.Kubeconfig})
	}
	slices.SortStableFunc(rows, func(a, b row) int {
		return cmp.Or(a.NotAfter.Compare(b.NotAfter), strings.Compare(a.host, b.host))
	})
	return rows
}

func (s *session) printCertificates(list certificates) error {
	rows := list.rows()
	if len(rows) > 0 {
		table := newTable(s.env.Out, "HOST", "CERTIFICATE", "ENDS", "LEFT")
		for _, r := range rows {
			ends, left := "-", "-"
			if !r.NotAfter.IsZero() {
				ends, left = r.NotAfter.Format(time.DateOnly), fmt.Sprintf("%dd", r.DaysLeft)
			}
			fmt.Fprintf(table, "%s\t%s\t%s\t%s\n", r.host, r.Name, ends, left)
		}
		if err := table.Flush(); err != nil {
			return err
		}
	}
	lead := "\nProblems:\n"
	for _, r := range rows {
		for _, problem := range r.Problems {
			fmt.Fprintf(s.env.Out, "%s  %s, %s:\n    %s\n", lead, r.host, r.Name, problem)
			lead = ""
		}
	}
	s.narrateUnasked(list.Hosts)
	return nil
}

// narrateUnasked names the hosts that could not be asked, each with the reason
// and with what to type on it instead.
func (s *session) narrateUnasked(hosts []hostCertificates) {
	for _, host := range hosts {
		if host.err == nil {
			continue
		}
		s.narrate(fmt.Sprintf("\n%s could not be asked: %v", host.Host, host.err))
		var failure *phase.Failure
		if errors.As(host.err, &failure) {
			for _, next := range failure.Next {
				s.narrate("  " + next)
			}
		}
	}
}
