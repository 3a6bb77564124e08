package swap

import (
	"fmt"
	"time"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// silent is a reporter that writes down notes.
type silent struct{ notes []string }

func (*silent) Begin(int, int, string)   {}
func (*silent) Wait(string, string)      {}
func (*silent) End(time.Duration, error) {}
func (s *silent) Note(format string, args ...any) {
	s.notes = append(s.notes, fmt.Sprintf(format, args...))
}

// object is one of an addon.
func object(kind, name, of, more string) *unstructured.Unstructured {
	obj := &unstructured.Unstructured{Object: map[string]any{
		"apiVersion": "v1", "kind": kind,
		"metadata": map[string]any{"name": name, "namespace": "net", "labels": map[string]any{addon.Label: of}},
	}}
	switch kind {
	case "DaemonSet", "Deployment":
		obj.SetAPIVersion("apps/v1")
		obj.SetAnnotations(map[string]string{"layer": more})
		obj.Object["spec"] = map[string]any{
			"selector":       map[string]any{"matchLabels": map[string]any{"app": name}},
			"updateStrategy": map[string]any{"type": "RollingUpdate", "rollingUpdate": map[string]any{"maxUnavailable": "10%"}},
			"template": map[string]any{
				"metadata": map[string]any{"labels": map[string]any{"app": name}},
				"spec":     map[string]any{"containers": []any{map[string]any{"name": "c", "image": more}}},
			},
		}
	case "ConfigMap":
		obj.Object["data"] = map[string]any{"of": more}
	}
	return obj
}

// layerSide is a cluster with a layer, its DaemonSet called as said, and an
// addon beside it that runs on every node.
func layerSide(layer, daemonSet string) Side {
	return Side{Name: layer, Layer: catalog.Layer{Name: layer}, Objects: []*unstructured.Unstructured{
		object("ServiceAccount", "net", layer, ""), object("ConfigMap", "conf-"+layer, layer, layer),
		object("DaemonSet", daemonSet, layer, layer), object("DaemonSet", "logs", "logs", ""),
	}}
}
