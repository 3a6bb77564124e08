package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/health"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// driftHosts can be reached, and compare their files; one of them runs an image
// that is too old for that.
type driftHosts struct {
	target.Target
	changed map[string][]node.FileDrift
	old     string
}

func (*driftHosts) Name() string { return "local" }

func (h *driftHosts) Run(_ context.Context, _ *config.Cluster, host target.Host, c target.Command) error {
	if !strings.HasSuffix(strings.Join(c.Args, " "), ":v1.37.1 drift -o json") {
		return fmt.Errorf("nobody asked for %q", c.Args)
	}
	if host.Name == h.old {
		_, _ = io.WriteString(c.Stderr, "bootstrap: \"drift\" is no command of bootstrap\n")
		return &target.ExitError{Host: host.Name, Args: c.Args, Code: 2}
	}
	return json.NewEncoder(c.Stdout).Encode(node.Drift{Host: host.Name, Files: h.changed[host.Name]})
}

func TestHostFiles_NamesWhatWasChangedAndWhoCouldNotBeAsked(t *testing.T) {
	cluster := config.New("local", nil)
	cluster.Metadata.Name = "a"
	hosts := &driftHosts{old: "a-3", changed: map[string][]node.FileDrift{"a-1": {
		{Path: "/etc/kubernetes/a", What: "content", Wanted: "0123456789abcdef", Is: "fedcba9876543210"},
		{Path: "/etc/kubernetes/b", What: "mode", Wanted: "0600", Is: "0644"},
		{Path: "/etc/kubernetes/c", What: "is missing"},
	}}}
	var out target.Outputs
	var report health.Report
	for _, name := range []string{"a-1", "a-2", "a-3", "a-4"} {
		out.Hosts = append(out.Hosts, target.Host{Name: name, Role: node.Worker})
		report.Nodes = append(report.Nodes, health.Node{Name: name, Ready: name != "a-4"})
	}
	s := &session{env: Environment{IOStreams: genericiooptions.NewTestIOStreamsDiscard()}, cluster: cluster, target: hosts}
	found, unknown := s.hostFiles(t.Context(), out, &report)
	want := []health.Difference{
		{Phase: "bootstrap", Of: "host a-1", What: "/etc/kubernetes/a has other content than the last apply wrote", Wanted: "sha256 0123456789ab", Is: "sha256 fedcba987654"},
		{Phase: "bootstrap", Of: "host a-1", What: "/etc/kubernetes/b has another mode", Wanted: "0600", Is: "0644"},
		{Phase: "bootstrap", Of: "host a-1", What: "/etc/kubernetes/c is missing"},
	}
	if !slices.Equal(found, want) {
		t.Errorf("got %+v", found)
	}
	wantUnknown := []health.Unknown{
		{What: "files of a-4", Why: "it is not ready"},
		{What: "files of a-3", Why: `"drift" is no command of bootstrap`},
	}
	if !slices.Equal(unknown, wantUnknown) {
		t.Errorf("unknown: %+v", unknown)
	}
}

// What could not be planned is no reason to show nothing; that it was not told
// is one to fail, or a script would take it for no drift.
func TestStatusDrift_FailsWhereItCouldNotBeTold(t *testing.T) {
	b := newBench(t)
	b.run(t, "provision", "-f", write(t, "c.json", nil))
	file := write(t, "c.json", func(c *config.Cluster) { c.Spec.Images.Bundle = "no-such-archive" })
	code, stdout, stderr := b.run(t, "status", "-f", file, "--drift")
	if code != ExitFailed {
		t.Errorf("exit %d, want %d", code, ExitFailed)
	}
	has(t, stdout, "a-control-plane-1 control-plane", "drift of resources and addons: unknown:", "no-such-archive\"", "not all could be compared")
	has(t, stderr, `error: looking for drift of cluster "a":`)
}
