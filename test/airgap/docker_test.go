package airgap_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// started is how long Docker may take to answer.
const started = time.Minute

// startDocker runs a Docker of the island's own until the test ends.
func (i island) startDocker(t *testing.T) {
	t.Helper()
	data, err := os.MkdirTemp("", "anywhere-airgap-")
	if err != nil {
		t.Fatal(err)
	}
	log, err := os.Create(filepath.Join(data, "log"))
	if err != nil {
		t.Fatal(err)
	}
	line := append(i.within(), "dockerd", "--host", i.docker, "--data-root", filepath.Join(data, "data"),
		"--exec-root", filepath.Join(data, "run"), "--pidfile", filepath.Join(data, "pid"))
	daemon := exec.Command(line[0], line[1:]...)
	daemon.Stdout, daemon.Stderr = log, log
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// It ends its containerd and lets go of its mounts.
		_ = daemon.Process.Signal(os.Interrupt)
		if err := daemon.Wait(); err != nil {
			t.Errorf("Docker ended with %v", err)
		}
		if err := os.RemoveAll(data); err != nil {
			t.Error(err)
		}
	})
	for end := time.Now().Add(started); ; time.Sleep(200 * time.Millisecond) {
		ask := append(i.within(), "docker", "--host", i.docker, "info")
		out, err := exec.Command(ask[0], ask[1:]...).CombinedOutput()
		if err == nil {
			return
		}
		if time.Now().After(end) {
			said, _ := os.ReadFile(log.Name())
			t.Fatalf("Docker does not answer: %v\n%s\n%s", err, out, strings.TrimSpace(string(said)))
		}
	}
}
