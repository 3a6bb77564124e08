package bench_test

import (
	"bufio"
	"testing"
	"time"
)

// ours makes clusters by 'kubectl anywhere create'.
type ours struct{ *prepared }

var _ side = (*ours)(nil)

func (o *ours) create(b *testing.B) run {
	b.Helper()
	r := run{start: time.Now()}
	cmd := o.command(o.plugin, "create", "-f", o.config)
	// Registered before anything exists: a run that fails is taken away too.
	b.Cleanup(func() { _ = o.command(o.plugin, "delete", clusterName).Run() })
	said, err := cmd.StderrPipe()
	if err != nil {
		b.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		b.Fatal(err)
	}
	for lines := bufio.NewScanner(said); lines.Scan(); {
		r.note(lines.Text())
	}
	if err := cmd.Wait(); err != nil {
		for _, e := range r.events {
			b.Log(e.text)
		}
		b.Fatalf("%s: %v", cmd, err)
	}
	r.total = time.Since(r.start)
	r.readHosts(b, o.prepared, []string{
		clusterName + "-control-plane-1", clusterName + "-workers-1", clusterName + "-workers-2",
	})
	return r
}

func (o *ours) remove(b *testing.B) {
	b.Helper()
	if out, err := o.command(o.plugin, "delete", clusterName).CombinedOutput(); err != nil {
		b.Fatalf("deleting the cluster: %v\n%s", err, out)
	}
}
