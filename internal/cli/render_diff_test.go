package cli

import (
	"strings"
	"testing"
)

func TestRender_ShowsWhatAChangeAltersInAClusterThatExists(t *testing.T) {
	b := newBundledBench(t)
	file := write(t, "c.json", nil)
	if code, _, stderr := b.run(t, "render", "-f", file, "--diff", "cluster"); code != ExitUsage || !strings.Contains(stderr, `cluster "a" has no state`) {
		t.Errorf("of a cluster that is not there: exit %d", code)
	}
	b.untouched(t)
	b.run(t, "provision", "-f", file)
	code, stdout, stderr := b.run(t, "render", "-f", file, "--diff", "cluster", "--exit-code")
	if code != 0 || stdout != "" {
		t.Errorf("of what is as wanted: exit %d", code)
	}
	has(t, stderr, "3-addons is compared with the config that the cluster was last created with (the cluster does not answer:", "nothing differs")

	code, stdout, stderr = b.run(t, "render", "-f", write(t, "d.json", labelledWorkers), "--diff", "cluster", "--exit-code")
	if code != ExitPending {
		t.Errorf("exit %d", code)
	}
	has(t, stdout, "# 2-bootstrap: ", "--- a/2-bootstrap/workers/tree/etc/systemd/system/kubelet.service", "size=big")
	has(t, stderr, `would be other than in cluster "a"`)
	if strings.Contains(stdout, "control-plane/") || strings.Contains(stdout, "# 3-addons") || strings.Contains(stdout, "PRIVATE KEY") {
		t.Error("it shows what does not change, or a key")
	}
}
