package cli

import (
	"errors"
	"fmt"
	"io/fs"
	"net/netip"
	"os"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
)

// fixed finds changes of what a living cluster cannot change: ranges out of
// which nodes and services have been given addresses. The controller-manager
// keeps crashing on a node outside of its range (Kubernetes'
// pkg/controller/nodeipam/ipam/range_allocator.go), and services are not given
// other addresses.
func (s *session) fixed() ([]diag.Problem, error) {
	path := s.dir.ConfigFile()
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, fmt.Errorf("reading the config that the cluster was created with: %w", err)
	}
	before, _ := config.LoadUnfinished(path, data, s.env.blocks())
	if before == nil {
		return nil, nil // others say so
	}
	was, is := before.Spec.Network, s.cluster.Spec.Network
	var problems []diag.Problem
	if was.PodCIDR != is.PodCIDR && !holds(is.PodCIDR, was.PodCIDR) {
		problems = append(problems, s.isFixed("podCIDR", was.PodCIDR, is.PodCIDR,
			"nodes have been given ranges of the old one; a range that holds it is possible"))
	}
	if was.ServiceCIDR != is.ServiceCIDR {
		problems = append(problems, s.isFixed("serviceCIDR", was.ServiceCIDR, is.ServiceCIDR,
			"services, the API's own among them, have been given addresses of the old one"))
	}
	if was.Layer != is.Layer && was.Layer != config.None && is.Layer != config.None {
		problems = append(problems, s.isSwitched(was.Layer, is.Layer))
	}
	return problems, nil
}

// isSwitched is another layer in the config of a cluster that lives: its hosts
// would keep what the old one has set up beside what the new one does.
func (s *session) isSwitched(was, is string) diag.Problem {
	return diag.Problem{
		Path:    "spec.network.layer",
		Message: fmt.Sprintf("cannot become %s on all nodes of cluster %q at once: each has to be freed of %s", is, s.cluster.Metadata.Name, was),
		Fix:     fmt.Sprintf("write %q, then type 'kubectl anywhere network switch %s %s', which changes the config, too", was, is, s.cluster.Metadata.Name),
	}
}

func (s *session) isFixed(field, was, is, why string) diag.Problem {
	return diag.Problem{
		Path:    "spec.network." + field,
		Message: fmt.Sprintf("cannot become %s while cluster %q lives: %s", is, s.cluster.Metadata.Name, why),
		Fix:     fmt.Sprintf("write %q, or make another cluster", was),
	}
}

// holds tells whether the ranges of a field contain those of another, family by
// family. A family more or less is none that holds: nodes keep the ranges that
// they were given when they came.
func holds(outer, inner string) bool {
	os, err := config.Prefixes(outer)
	if err != nil {
		return false
	}
	is, err := config.Prefixes(inner)
	return err == nil && slices.EqualFunc(os, is, func(o, i netip.Prefix) bool {
		return o.Bits() <= i.Bits() && o.Contains(i.Addr())
	})
}
