package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
)

func TestEtcd_RefusesCommandLinesThatMeanNothing(t *testing.T) {
	for _, line := range []string{
		"", "snapsot", "status extra", "status -o yaml", "snapshot --to a --to-dir b", "snapshot --keep 0", "restore",
		"restore --snapshot /x --members a", "restore --snapshot /x --members a=b", "restore --snapshot /x --members =10.0.0.1",
		"restore --snapshot /x rest", "stop now", "start --nope",
	} {
		var stdout, stderr bytes.Buffer
		err := run(t.Context(), append([]string{"etcd"}, strings.Fields(line)...), strings.NewReader(""), &stdout, &stderr)
		if !errors.Is(err, errUsage) || stdout.Len() > 0 {
			t.Errorf("etcd %s: got %v, %q", line, err, stdout.String())
		}
	}
}

func TestEtcd_OnAHostThatIsNoControlPlaneSaysSo(t *testing.T) {
	for _, line := range []string{"status", "snapshot", "restore --snapshot /x --yes", "stop", "start"} {
		var stdout, stderr bytes.Buffer
		args := append([]string{"etcd"}, strings.Fields(line)...)
		err := run(t.Context(), append(args, "--host-root", t.TempDir()), strings.NewReader(""), &stdout, &stderr)
		if err == nil || !strings.Contains(err.Error(), "no control plane") || exitCode(err, false) != exitFailed {
			t.Errorf("etcd %s: got %v", line, err)
		}
	}
}
