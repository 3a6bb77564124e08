package bench_test

import (
	"bufio"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// event is a line that someone wrote, and when.
type event struct {
	at   time.Time
	host string
	text string
}

// run is one cluster made.
type run struct {
	name, load string
	start      time.Time
	total      time.Duration
	events     []event
}

// Where an event comes from, other than a host.
const (
	fromDriver = "the process that makes the cluster"
	aWorker    = "workers"
	thePlane   = "control-plane"
)

// milestone is reached when the last of its hosts has written one of its
// texts.
type milestone struct {
	title string
	// host is a part of the names of the hosts that have to reach it.
	host string
	// texts are what ours and kubeadm's write then.
	texts []string
}

// milestones in the order in which they are reached.
func milestones() []milestone {
	return []milestone{
		{"hosts are made", fromDriver, []string{"created host"}},
		{"systemd and Docker run (control plane)", thePlane, []string{"user-data: running"}},
		{"our image is loaded / programs unpacked", thePlane, []string{"first-boot: running", "programs are in place"}},
		{"images are loaded (control plane)", thePlane, []string{"restarting containerd.service", "images are loaded"}},
		{"images are loaded (last worker)", aWorker, []string{"restarting containerd.service", "images are loaded"}},
		{"kubelet answers (control plane)", thePlane, []string{stage(node.StageEtcd), "The kubelet is healthy after"}},
		{"API server is ready", thePlane, []string{stage(node.StageRegistered), "kube-apiserver is healthy after"}},
		{"control plane is complete", thePlane, []string{stage(node.StageReady), "kubeadm init is done"}},
		{"addons are applied", fromDriver, []string{"Waiting for every node"}},
		{"workers are let in (last)", aWorker, []string{stage(node.StageReady), "kubeadm join is done"}},
		{"every node is Ready", fromDriver, []string{"Waiting for the addons"}},
		{"addons are ready", fromDriver, []string{"Asking for a name from a pod"}},
		{"a pod resolves a name", fromDriver, []string{"a pod resolved"}},
	}
}

// stage is how the line ends by which the bootstrap begins a stage.
func stage(name string) string { return fmt.Sprintf("of %d: %s", stages, name) }

// stages is how many a bootstrap has.
const stages = 10

// reached is when a run reached a milestone: the last line that says so.
func (r run) reached(m milestone) string {
	at := time.Duration(-1)
	for _, e := range r.events {
		if !strings.Contains(e.host, m.host) {
			continue
		}
		for _, text := range m.texts {
			if strings.Contains(e.text, text) {
				at = max(at, e.at.Sub(r.start))
			}
		}
	}
	if at < 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f", at.Seconds())
}

// note adds an event that happens now.
func (r *run) note(text string) {
	r.events = append(r.events, event{time.Now(), fromDriver, text})
}

// readHosts adds what the first boots of hosts have written.
func (r *run) readHosts(b *testing.B, p *prepared, hosts []string) {
	b.Helper()
	for _, host := range hosts {
		out, err := p.command("docker", "exec", host, "journalctl", "-u", "user-data.service", "-o", "short-unix", "--no-pager").Output()
		if err != nil {
			b.Fatalf("reading the log of %s: %v", host, err)
		}
		for lines := bufio.NewScanner(strings.NewReader(string(out))); lines.Scan(); {
			stamp, text, _ := strings.Cut(lines.Text(), " ")
			seconds, err := strconv.ParseFloat(stamp, 64)
			if err != nil {
				continue // a line that goes on
			}
			r.events = append(r.events, event{time.UnixMicro(int64(seconds * 1e6)), host, text})
		}
	}
}
