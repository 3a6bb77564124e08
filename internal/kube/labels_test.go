package kube_test

import (
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

// pooled is a worker as it registers, with a label of its user's.
const pooled = `apiVersion: v1
kind: Node
metadata:
  name: pooled-1
  labels: {kubernetes-anywhere.io/pool: pooled, disk: ssd, mine: "yes"}
`

// labelPool takes a pool's labels through changes of the config.
func labelPool(t *testing.T, c *kube.Client) {
	if _, err := c.ApplyYAML(t.Context(), []byte(pooled)); err != nil {
		t.Fatal(err)
	}
	defer c.DeleteNode(t.Context(), "pooled-1")
	for _, step := range []struct {
		labels  map[string]string
		changed bool
		want    map[string]string
	}{
		{map[string]string{"disk": "ssd"}, false, map[string]string{"disk": "ssd", "mine": "yes"}},
		{map[string]string{"disk": "hdd", "rack": ""}, true, map[string]string{"disk": "hdd", "rack": "", "mine": "yes"}},
		{map[string]string{"disk": "hdd", "rack": ""}, false, map[string]string{"disk": "hdd", "rack": "", "mine": "yes"}},
		{nil, true, map[string]string{"mine": "yes"}},
	} {
		changed, err := c.LabelPool(t.Context(), "pooled", step.labels)
		if err != nil || slices.Contains(changed, "pooled-1") != step.changed {
			t.Errorf("labels %v: changed %q (%v), want %v", step.labels, changed, err, step.changed)
		}
		node, err := c.GetNode(t.Context(), "pooled-1")
		if err != nil {
			t.Fatal(err)
		}
		for _, key := range []string{"disk", "rack", "mine"} {
			has, ok := node.Labels[key]
			if want, wanted := step.want[key]; ok != wanted || has != want {
				t.Errorf("labels %v: %s is %q (%v), want %q (%v)", step.labels, key, has, ok, want, wanted)
			}
		}
	}
}
