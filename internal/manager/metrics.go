package manager

import (
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

// Results of a reconcile.
const (
	succeeded  = "success"
	conflicted = "conflict"
	failed     = "error"
)

// metrics are what the addon-manager counts, in a registry of its own. All but
// leader stay as they are in one that does not lead.
type metrics struct {
	registry    *prometheus.Registry
	reconciles  *prometheus.CounterVec
	changes     *prometheus.CounterVec
	objects     *prometheus.GaugeVec
	duration    prometheus.Histogram
	lastSuccess prometheus.Gauge
	leader      prometheus.Gauge
}

func newMetrics() *metrics {
	name := func(rest string) string { return "kubernetes_anywhere_addon_manager_" + rest }
	m := &metrics{
		registry: prometheus.NewRegistry(),
		reconciles: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: name("reconciles_total"),
			Help: "How often the set of addons was applied, by result: success, conflict (fields that somebody else owns were left alone) or error.",
		}, []string{"result"}),
		changes: prometheus.NewCounterVec(prometheus.CounterOpts{
			Name: name("object_changes_total"),
			Help: "How many objects were changed, by action: created, configured or pruned.",
		}, []string{"action"}),
		objects: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: name("objects"),
			Help: "Objects of the set at the last reconcile, by state: wanted, applied, conflicted or failed.",
		}, []string{"state"}),
		duration: prometheus.NewHistogram(prometheus.HistogramOpts{
			Name: name("reconcile_duration_seconds"),
			Help: "How long applying the set took.",
			// An idle set of fifty objects takes half a second, a first one with definitions some.
			Buckets: []float64{0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120},
		}),
		lastSuccess: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: name("last_success_timestamp_seconds"),
			Help: "When the set was last applied without an error, a conflict being none; in seconds since 1970.",
		}),
		leader: prometheus.NewGauge(prometheus.GaugeOpts{
			Name: name("leader"),
			Help: "1 in the one addon-manager that acts, else 0.",
		}),
	}
	m.registry.MustRegister(m.reconciles, m.changes, m.objects, m.duration, m.lastSuccess, m.leader,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, result := range []string{succeeded, conflicted, failed} {
		m.reconciles.WithLabelValues(result) // there from the start, so that a rate can be told
	}
	for _, action := range []kube.Action{kube.Created, kube.Configured, kube.Pruned} {
		m.changes.WithLabelValues(string(action))
	}
	return m
}

// reconciled counts one reconcile of a set of so many objects.
func (m *metrics) reconciled(took time.Duration, wanted int, changes []kube.Change, err error) {
	m.duration.Observe(took.Seconds())
	in := map[kube.Action]int{}
	for _, change := range changes {
		in[change.Action]++
	}
	for _, action := range []kube.Action{kube.Created, kube.Configured, kube.Pruned} {
		m.changes.WithLabelValues(string(action)).Add(float64(in[action]))
	}
	applied := in[kube.Created] + in[kube.Configured] + in[kube.Unchanged]
	for state, n := range map[string]int{
		"wanted": wanted, "applied": applied, "conflicted": in[kube.Conflicted], "failed": len(kube.ObjectErrors(err)),
	} {
		m.objects.WithLabelValues(state).Set(float64(n))
	}
	result := succeeded
	switch {
	case err != nil:
		result = failed
	case in[kube.Conflicted] > 0:
		result = conflicted
	}
	m.reconciles.WithLabelValues(result).Inc()
	if err == nil {
		m.lastSuccess.SetToCurrentTime()
	}
}
