package kube

import (
	"context"
	"errors"
	"fmt"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Holding is an object of the cluster that stands for something outside it.
type Holding struct {
	// Object is in kubectl's words: service default/web.
	Object string
	// What is held: a load balancer, a volume.
	What string
}

// Release asks the cluster to give back what its controllers made outside of
// it: load balancers of services, and volumes whose claims would delete them.
// It is for clusters that are about to be deleted, and stops what uses those
// volumes. It returns what is still held; ask again until nothing is. Volumes
// that are to be retained are not among it.
func (c *Client) Release(ctx context.Context) ([]Holding, error) {
	services, err := c.releaseServices(ctx)
	if err != nil {
		return nil, fmt.Errorf("giving back load balancers: %w", err)
	}
	volumes, err := c.releaseVolumes(ctx)
	if err != nil {
		return nil, fmt.Errorf("giving back volumes: %w", err)
	}
	return append(services, volumes...), nil
}

// releaseServices deletes the services that have a load balancer; each stays
// until its controller has taken that down.
func (c *Client) releaseServices(ctx context.Context) ([]Holding, error) {
	list, err := c.clientset.CoreV1().Services(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var held []Holding
	for _, s := range list.Items {
		if s.Spec.Type != corev1.ServiceTypeLoadBalancer {
			continue
		}
		if s.DeletionTimestamp == nil {
			err = gone(c.clientset.CoreV1().Services(s.Namespace).Delete(ctx, s.Name, metav1.DeleteOptions{}))
		}
		if err != nil {
			return nil, err
		}
		held = append(held, Holding{fmt.Sprintf("service %s/%s", s.Namespace, s.Name), "load balancer"})
	}
	return held, nil
}

// releaseVolumes deletes the claims of volumes that go with their claim, and
// what would keep or renew a claim: the pods that use it, the stateful sets
// that make it.
func (c *Client) releaseVolumes(ctx context.Context) ([]Holding, error) {
	list, err := c.clientset.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, err
	}
	var held []Holding
	claims := map[string]bool{}
	for _, v := range list.Items {
		if !outside(v.Spec) || v.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimDelete {
			continue
		}
		held = append(held, Holding{"persistentvolume " + v.Name, "volume"})
		if claim := v.Spec.ClaimRef; claim != nil {
			claims[claim.Namespace+"/"+claim.Name] = true
		}
	}
	if len(claims) == 0 {
		return held, nil
	}
	return held, errors.Join(c.stopMakers(ctx), c.deleteClaims(ctx, claims), c.deleteUsers(ctx, claims))
}

// outside tells whether a volume is more than a folder of a host.
func outside(spec corev1.PersistentVolumeSpec) bool { return spec.HostPath == nil && spec.Local == nil }

// stopMakers deletes the stateful sets that would claim a volume again.
func (c *Client) stopMakers(ctx context.Context) error {
	list, err := c.clientset.AppsV1().StatefulSets(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, set := range list.Items {
		if len(set.Spec.VolumeClaimTemplates) == 0 || set.DeletionTimestamp != nil {
			continue
		}
		if err := gone(c.clientset.AppsV1().StatefulSets(set.Namespace).Delete(ctx, set.Name, metav1.DeleteOptions{})); err != nil {
			return err
		}
	}
	return nil
}

func (c *Client) deleteClaims(ctx context.Context, claims map[string]bool) error {
	list, err := c.clientset.CoreV1().PersistentVolumeClaims(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, claim := range list.Items {
		if !claims[claim.Namespace+"/"+claim.Name] || claim.DeletionTimestamp != nil {
			continue
		}
		if err := gone(c.clientset.CoreV1().PersistentVolumeClaims(claim.Namespace).Delete(ctx, claim.Name, metav1.DeleteOptions{})); err != nil {
			return err
		}
	}
	return nil
}

// deleteUsers deletes the pods that hold a claim. What made them makes them
// again, but no pod is bound while its claim is on its way out.
func (c *Client) deleteUsers(ctx context.Context, claims map[string]bool) error {
	list, err := c.clientset.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{})
	if err != nil {
		return err
	}
	for _, pod := range list.Items {
		if pod.DeletionTimestamp != nil || !uses(pod, claims) {
			continue
		}
		if err := gone(c.clientset.CoreV1().Pods(pod.Namespace).Delete(ctx, pod.Name, metav1.DeleteOptions{})); err != nil {
			return err
		}
	}
	return nil
}

func uses(pod corev1.Pod, claims map[string]bool) bool {
	for _, v := range pod.Spec.Volumes {
		if v.PersistentVolumeClaim != nil && claims[pod.Namespace+"/"+v.PersistentVolumeClaim.ClaimName] {
			return true
		}
	}
	return false
}

// gone lets pass that what is to be deleted is not there.
func gone(err error) error {
	if apierrors.IsNotFound(err) {
		return nil
	}
	return err
}
