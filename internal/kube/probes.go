package kube

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

const (
	// ProbeLabel marks the pods and the service of a set of Probes; its value
	// is the set's.
	ProbeLabel = "kubernetes-anywhere.io/probes"
	// ProbePort is where a probe pod answers.
	ProbePort = 18080
	// probeLife ends pods whose maker was killed before it could delete them.
	probeLife = 5 * time.Minute
)

// Probes are short-lived pods, one on each of some nodes, that answer by HTTP
// and can be asked what they see; and a service in front of all of them.
type Probes struct {
	client *Client
	run    string
	image  string

	mu sync.Mutex
	// pods are the names of the pods by node, addresses those of pods that run.
	pods, addresses map[string]string
	service         string
}

// StartProbes makes the pods and the service and waits until the pods run. The
// map tells of each node whose pod does not, why. Whoever starts Probes closes
// them, whatever the error. What an earlier run left behind is taken away.
func (c *Client) StartProbes(ctx context.Context, image string, nodes []string) (*Probes, map[string]error, error) {
	name := make([]byte, 4)
	if _, err := rand.Read(name); err != nil {
		return nil, nil, fmt.Errorf("naming the probes: %w", err)
	}
	p := &Probes{client: c, run: hex.EncodeToString(name), image: image, pods: map[string]string{}, addresses: map[string]string{}}
	if err := p.sweep(ctx); err != nil {
		return p, nil, err
	}
	made, err := c.clientset.CoreV1().Services(metav1.NamespaceSystem).Create(ctx, p.serviceObject(), metav1.CreateOptions{FieldManager: FieldManager})
	if err != nil {
		return p, nil, fmt.Errorf("making a service to probe with: %w", err)
	}
	p.service = made.Spec.ClusterIP
	failures := map[string]error{}
	var all sync.WaitGroup
	for _, node := range nodes {
		all.Go(func() {
			if err := p.start(ctx, node); err != nil {
				p.mu.Lock()
				failures[node] = err
				p.mu.Unlock()
			}
		})
	}
	all.Wait()
	return p, failures, ctx.Err()
}

// start makes the pod of one node and waits until it runs.
func (p *Probes) start(ctx context.Context, node string) error {
	pods := p.client.clientset.CoreV1().Pods(metav1.NamespaceSystem)
	pod, err := pods.Create(ctx, p.podObject(node), metav1.CreateOptions{FieldManager: FieldManager})
	if err != nil {
		return fmt.Errorf("making a pod on node %q: %w", node, err)
	}
	reason := "not yet seen by its kubelet"
	for {
		found, err := pods.Get(ctx, pod.Name, metav1.GetOptions{})
		switch {
		case err != nil && ctx.Err() == nil:
			return fmt.Errorf("looking at a pod on node %q: %w", node, err)
		case err == nil && found.Status.Phase == corev1.PodRunning && found.Status.PodIP != "":
			p.mu.Lock()
			p.pods[node], p.addresses[node] = pod.Name, found.Status.PodIP
			p.mu.Unlock()
			return nil
		case err == nil && (found.Status.Phase == corev1.PodFailed || found.Status.Phase == corev1.PodSucceeded):
			return fmt.Errorf("the pod on node %q has ended: %s %s", node, found.Status.Reason, found.Status.Message)
		case err == nil:
			if why := podReason(found); why != "" {
				reason = why
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("waiting for a pod on node %q to run: %s (%w)", node, reason, ctx.Err())
		case <-time.After(hostPodPause):
		}
	}
}

// Address is that of a node's pod; empty where it does not run.
func (p *Probes) Address(node string) string {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.addresses[node]
}

// Service is the address of the service before all pods.
func (p *Probes) Service() string { return p.service }

// Ask runs 'bootstrap probe ARGS' in a node's pod and returns what it prints,
// or as error what it complains about.
func (p *Probes) Ask(ctx context.Context, node string, args ...string) (string, error) {
	p.mu.Lock()
	pod := p.pods[node]
	p.mu.Unlock()
	if pod == "" {
		return "", fmt.Errorf("no probe runs on node %q", node)
	}
	stdout, stderr, err := p.client.Exec(ctx, metav1.NamespaceSystem, pod, "probe", append([]string{"/usr/local/bin/bootstrap", "probe"}, args...))
	if said := strings.TrimSpace(strings.TrimPrefix(stderr, "bootstrap: ")); err != nil && said != "" {
		return "", errors.New(said)
	}
	return strings.TrimSpace(stdout), err
}

// Close takes pods and service away, also when the caller was interrupted.
func (p *Probes) Close(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 15*time.Second)
	defer cancel()
	return p.remove(ctx, ProbeLabel+"="+p.run)
}

// sweep removes what an earlier run was killed over. One that still runs, of
// somebody else, is younger than a probe lives.
func (p *Probes) sweep(ctx context.Context) error {
	services, err := p.client.clientset.CoreV1().Services(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{LabelSelector: ProbeLabel})
	if err != nil {
		return fmt.Errorf("looking for services that earlier probes left: %w", err)
	}
	for _, s := range services.Items {
		if time.Since(s.CreationTimestamp.Time) > probeLife+time.Minute {
			if err := p.remove(ctx, ProbeLabel+"="+s.Labels[ProbeLabel]); err != nil {
				return err
			}
		}
	}
	return nil
}

func (p *Probes) remove(ctx context.Context, selector string) error {
	core := p.client.clientset.CoreV1()
	err := core.Pods(metav1.NamespaceSystem).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: new(int64(0))}, metav1.ListOptions{LabelSelector: selector})
	if err != nil {
		err = fmt.Errorf("deleting the pods of probes: %w", err)
	}
	// One at a time: old API servers have no deletion of all services at once.
	services, listErr := core.Services(metav1.NamespaceSystem).List(ctx, metav1.ListOptions{LabelSelector: selector})
	if listErr != nil {
		return errors.Join(err, fmt.Errorf("listing the services of probes: %w", listErr))
	}
	for _, s := range services.Items {
		if gone := gone(core.Services(metav1.NamespaceSystem).Delete(ctx, s.Name, metav1.DeleteOptions{})); gone != nil {
			err = errors.Join(err, fmt.Errorf("deleting service %q: %w", s.Name, gone))
		}
	}
	return err
}

func (p *Probes) labels() map[string]string { return map[string]string{ProbeLabel: p.run} }

func (p *Probes) serviceObject() *corev1.Service {
	return &corev1.Service{
		ObjectMeta: metav1.ObjectMeta{Name: "kubernetes-anywhere-probes-" + p.run, Namespace: metav1.NamespaceSystem, Labels: p.labels()},
		Spec: corev1.ServiceSpec{
			Selector: p.labels(),
			Ports:    []corev1.ServicePort{{Port: 80, TargetPort: intstr.FromInt32(ProbePort)}},
		},
	}
}

// podObject is a pod that may do nothing but answer. It goes past the scheduler
// and every taint: each node is to be looked at.
func (p *Probes) podObject(node string) *corev1.Pod {
	return &corev1.Pod{
		ObjectMeta: metav1.ObjectMeta{GenerateName: "kubernetes-anywhere-probe-", Namespace: metav1.NamespaceSystem, Labels: p.labels()},
		Spec: corev1.PodSpec{
			NodeName:                      node,
			RestartPolicy:                 corev1.RestartPolicyNever,
			ActiveDeadlineSeconds:         new(int64(probeLife.Seconds())),
			TerminationGracePeriodSeconds: new(int64(1)),
			AutomountServiceAccountToken:  new(false),
			EnableServiceLinks:            new(false),
			Tolerations:                   []corev1.Toleration{{Operator: corev1.TolerationOpExists}},
			Containers: []corev1.Container{{
				Name: "probe", Image: p.image, ImagePullPolicy: corev1.PullIfNotPresent,
				Args: []string{"probe", "serve", fmt.Sprintf(":%d", ProbePort)},
				SecurityContext: &corev1.SecurityContext{
					AllowPrivilegeEscalation: new(false), ReadOnlyRootFilesystem: new(true),
					RunAsNonRoot: new(true), RunAsUser: new(int64(65534)),
					Capabilities:   &corev1.Capabilities{Drop: []corev1.Capability{"ALL"}},
					SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
				},
			}},
		},
	}
}
