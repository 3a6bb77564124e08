package host

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// controlPlaneLabel is the role that kubectl shows, and the key of the taint
// that goes with it.
const controlPlaneLabel = "node-role.kubernetes.io/control-plane"

// asAdmin repeats a change of the API, as administrator of this control plane,
// until it is made. Only a bootstrap does so: a renewal changes certificates.
func (r *run) asAdmin(ctx context.Context, what string, change func(context.Context, kubeapi.Client) error) error {
	api, err := r.apiAsAdmin()
	if err != nil {
		return err
	}
	defer api.Close()
	return r.until(ctx, wait{
		what: what, reasons: true,
		ready: func(ctx context.Context) error { return change(ctx, api) },
		tail:  func(ctx context.Context) []string { return r.podLog(ctx, "kube-apiserver") },
		next:  "kubectl --kubeconfig " + node.AdminPath + " get --raw /readyz?verbose",
	})
}

// nameRole labels this node as a control plane: its kubelet may not, and a
// list of names to label does not know who joined.
func (r *run) nameRole(ctx context.Context) error {
	if !r.isControlPlane() || r.Renew {
		return nil
	}
	return r.asAdmin(ctx, "the API to take the role of this node", r.ensureRole)
}

func (r *run) ensureRole(ctx context.Context, api kubeapi.Client) error {
	self, err := r.ownNode(ctx)
	if err != nil {
		return err
	}
	patch := map[string]any{}
	if _, labelled := self.Labels[controlPlaneLabel]; !labelled {
		patch["metadata"] = map[string]any{"labels": map[string]string{controlPlaneLabel: ""}}
	}
	// A kubelet sets taints only when it registers.
	taints := slices.DeleteFunc(slices.Clone(self.Spec.Taints), func(t corev1.Taint) bool { return t.Key == controlPlaneLabel })
	if r.bundle.Untainted && len(taints) < len(self.Spec.Taints) {
		patch["spec"] = map[string]any{"taints": taints}
	}
	if len(patch) == 0 {
		return nil
	}
	return api.Call(ctx, http.MethodPatch, "/api/v1/nodes/"+r.self.Name, patch, nil)
}

// publish keeps in the API what the next hosts are told, where no phase 1
// tells them, with this control plane among the members.
func (r *run) publish(ctx context.Context) error {
	if !r.isControlPlane() || !r.bundle.Standalone || r.Renew {
		return nil
	}
	return r.asAdmin(ctx, "the API to take what hosts that join are told", r.ensureTemplate)
}

// ensureTemplate writes only what differs. What another control plane writes
// meanwhile is not lost: the API refuses the older version, and this is
// repeated.
func (r *run) ensureTemplate(ctx context.Context, api kubeapi.Client) error {
	const folder = "/api/v1/namespaces/kube-system/configmaps"
	held := &corev1.ConfigMap{}
	err := api.Call(ctx, http.MethodGet, folder+"/"+node.TemplateName, nil, held)
	exists := err == nil
	if !exists && !errors.Is(err, kubeapi.ErrNotFound) {
		return err
	}
	template := r.bundle.Template()
	if template.ControlPlanes, err = r.members(ctx, api, held.Data[node.TemplateKey]); err != nil {
		return err
	}
	document, err := json.MarshalIndent(template, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding what hosts that join are told: %w", err)
	}
	switch {
	case held.Data[node.TemplateKey] == string(document):
		return nil
	case !exists:
		held = &corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: node.TemplateName, Namespace: metav1.NamespaceSystem}}
	}
	held.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"}
	held.Data = map[string]string{node.TemplateKey: string(document)}
	if !exists {
		return api.Call(ctx, http.MethodPost, folder, held, nil)
	}
	return api.Call(ctx, http.MethodPut, folder+"/"+node.TemplateName, held, nil)
}

// members are the control planes that were published, without those whose
// node was deleted since, and this one.
func (r *run) members(ctx context.Context, api kubeapi.Client, published string) ([]node.Member, error) {
	known := slices.Clone(r.bundle.ControlPlanes)
	if template, err := node.ReadTemplate([]byte(published)); err == nil {
		known = template.ControlPlanes
		for _, member := range r.bundle.ControlPlanes {
			if !slices.ContainsFunc(known, func(m node.Member) bool { return m.Name == member.Name || m.Address == member.Address }) {
				known = append(known, member)
			}
		}
	}
	var out []node.Member
	for _, member := range node.WithMember(known, r.self.Member()) {
		if member.Name != r.self.Name {
			err := api.Call(ctx, http.MethodGet, "/api/v1/nodes/"+member.Name, nil, nil)
			if errors.Is(err, kubeapi.ErrNotFound) {
				continue
			}
			if err != nil {
				return nil, err
			}
		}
		out = append(out, member)
	}
	return out, nil
}
