// Package bench_test measures how long a cluster takes, side by side with
// kubeadm on hosts of the same kind. It is run by 'make bench'.
package bench_test

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strconv"
	"strings"
	"testing"
	"text/tabwriter"
	"time"
)

const (
	// required keeps these benchmarks out of runs that did not ask for them:
	// they need root, Docker and minutes.
	required = "ANYWHERE_BENCH"
	// repeats is how many clusters each side makes.
	repeats = "ANYWHERE_BENCH_RUNS"
)

func skipUnlessAsked(b *testing.B) {
	b.Helper()
	if os.Getenv(required) == "" {
		b.Skipf("%s is not set: 'make bench' builds images and hosts and sets it", required)
	}
}

// runs is how many clusters each side makes.
func runs(b *testing.B) int {
	b.Helper()
	text := os.Getenv(repeats)
	if text == "" {
		return 2
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		b.Fatalf("%s is %q; want a number above zero", repeats, text)
	}
	return n
}

// side is one of the two ways to a cluster.
type side interface {
	// create makes a cluster from nothing until DNS answers in a pod.
	create(b *testing.B) run
	// remove takes away all that create made.
	remove(b *testing.B)
}

// BenchmarkCreate makes clusters of one control plane and two workers, by
// turns ours and kubeadm's, from nothing until every node is Ready and a name
// resolves in a pod. Turns share out what else the machine does.
func BenchmarkCreate(b *testing.B) {
	skipUnlessAsked(b)
	p := prepare(b)
	sides := []struct {
		name string
		side
	}{{"anywhere", &ours{p}}, {"kubeadm", newKubeadm(b, p)}}
	for range b.N {
		totals := map[string][]float64{}
		var columns []run
		for n := range runs(b) {
			for _, s := range sides {
				load := loadAverage(b)
				made := s.create(b)
				s.remove(b)
				made.name, made.load = fmt.Sprintf("%s %d", s.name, n+1), load
				say("%s: %.1f s (load average before: %s)", made.name, made.total.Seconds(), load)
				totals[s.name] = append(totals[s.name], made.total.Seconds())
				columns = append(columns, made)
			}
		}
		report(b, columns)
		a, k := median(totals["anywhere"]), median(totals["kubeadm"])
		b.Logf("median: anywhere %.1f s, kubeadm %.1f s; anywhere takes %.2f times as long as kubeadm", a, k, a/k)
		b.ReportMetric(a, "anywhere-s")
		b.ReportMetric(k, "kubeadm-s")
		b.ReportMetric(a/k, "anywhere/kubeadm")
	}
	b.ReportMetric(0, "ns/op")
}

// BenchmarkStartup is the time that the plugin and its peer take to do nothing
// but start.
func BenchmarkStartup(b *testing.B) {
	skipUnlessAsked(b)
	const times = 20
	p := prepare(b)
	var ours, kubectl []float64
	for range b.N {
		for range times {
			ours = append(ours, milliseconds(b, p.command(p.plugin, "version")))
			kubectl = append(kubectl, milliseconds(b, p.command("kubectl", "version", "--client")))
		}
	}
	b.Logf("median of %d: kubectl-anywhere version %.0f ms, kubectl version --client %.0f ms", len(ours), median(ours), median(kubectl))
	b.ReportMetric(median(ours), "anywhere-ms")
	b.ReportMetric(median(kubectl), "kubectl-ms")
	b.ReportMetric(0, "ns/op")
}

func milliseconds(b *testing.B, cmd *exec.Cmd) float64 {
	b.Helper()
	start := time.Now()
	if out, err := cmd.CombinedOutput(); err != nil {
		b.Fatalf("%s: %v\n%s", cmd, err, out)
	}
	return float64(time.Since(start).Microseconds()) / 1000
}

func median(values []float64) float64 {
	sorted := slices.Sorted(slices.Values(values))
	middle := len(sorted) / 2
	if len(sorted)%2 == 1 {
		return sorted[middle]
	}
	return (sorted[middle-1] + sorted[middle]) / 2
}

// report prints when each run had come how far.
func report(b *testing.B, columns []run) {
	b.Helper()
	var out bytes.Buffer
	w := tabwriter.NewWriter(&out, 0, 0, 2, ' ', tabwriter.AlignRight)
	row := func(title string, cell func(run) string) {
		fmt.Fprintf(w, "%-42s\t", title)
		for _, c := range columns {
			fmt.Fprintf(w, "%s\t", cell(c))
		}
		fmt.Fprintln(w)
	}
	row("seconds since the start", func(r run) string { return r.name })
	for _, m := range milestones() {
		row(m.title, func(r run) string { return r.reached(m) })
	}
	row("total", func(r run) string { return fmt.Sprintf("%.1f", r.total.Seconds()) })
	row("load average before", func(r run) string { return r.load })
	if err := w.Flush(); err != nil {
		b.Fatal(err)
	}
	b.Logf("\n%s", out.String())
}

// say tells whoever waits how far the benchmark is; what it found comes at the
// end.
func say(format string, args ...any) {
	fmt.Fprintf(os.Stderr, "bench: "+format+"\n", args...)
}

func loadAverage(b *testing.B) string {
	b.Helper()
	text, err := os.ReadFile("/proc/loadavg")
	if err != nil {
		return "unknown"
	}
	return strings.Fields(string(text))[0]
}
