package cli

import (
	"context"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// apiHealth asks the hosts by the target, and all else by the cluster's API.
type apiHealth struct{ *creation }

var _ planeHealth = apiHealth{}

// planeLabel is on every static pod of a control plane.
const planeLabel = "tier=control-plane"

// planePods are the static pods of a control plane that serve others. Their
// own probes tell whether they are ready: of etcd, that its member has caught
// up and its cluster a leader.
func planePods() []string {
	return []string{"etcd", "kube-apiserver", "kube-controller-manager", "kube-scheduler"}
}

func (h apiHealth) answers(ctx context.Context, out target.Outputs) error {
	api, err := h.connect(out)
	if err != nil {
		return err
	}
	return api.Healthz(ctx)
}

func (h apiHealth) lacks(ctx context.Context, out target.Outputs, planes []target.Host) (wait, error) {
	waiting, err := h.hostsWait(ctx, target.Outputs{Hosts: planes})
	if err != nil || waiting.reason != "" {
		return waiting, err
	}
	api, err := h.connect(out)
	if err != nil {
		return wait{}, err
	}
	if err := api.Healthz(ctx); err != nil {
		return wait{host: out.Endpoint, reason: err.Error()}, nil
	}
	pods, err := api.Pods(ctx, "kube-system", planeLabel)
	if err != nil {
		return wait{}, err
	}
	return podsLack(pods, planes), nil
}

// podsLack is the first static pod of some control planes that does not serve.
func podsLack(pods []kube.Pod, planes []target.Host) wait {
	for _, host := range planes {
		for _, component := range planePods() {
			name := component + "-" + host.Name
			at := slices.IndexFunc(pods, func(p kube.Pod) bool { return p.Name == name })
			switch {
			case at < 0:
				return wait{host: host.Name, reason: component + " to run"}
			case !pods[at].Ready:
				return wait{host: host.Name, reason: component + ": " + pods[at].Reason}
			}
		}
	}
	return wait{}
}
