package kube

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"sort"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// Clock is what time it is at the API server, to the second, by the date of
// its answer.
func (c *Client) Clock(ctx context.Context) (time.Time, error) {
	client, err := rest.HTTPClientFor(c.config)
	if err != nil {
		return time.Time{}, fmt.Errorf("making a client for %q: %w", c.config.Host, err)
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, strings.TrimSuffix(c.config.Host, "/")+"/livez", nil)
	if err != nil {
		return time.Time{}, fmt.Errorf("asking %q for the time: %w", c.config.Host, err)
	}
	response, err := client.Do(request)
	if err != nil {
		return time.Time{}, fmt.Errorf("asking for the time: %w", err)
	}
	defer response.Body.Close()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16)) // the header is what counts
	at, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return time.Time{}, fmt.Errorf("reading the date of the API server's answer: %w", err)
	}
	return at, nil
}

// KubeletAnswers asks a node's kubelet for its health by way of the API server:
// the way that logs and exec take.
func (c *Client) KubeletAnswers(ctx context.Context, node string) error {
	_, err := c.clientset.CoreV1().RESTClient().Get().Resource("nodes").Name(node).SubResource("proxy").Suffix("healthz").DoRaw(ctx)
	if err != nil {
		return fmt.Errorf("asking the kubelet of node %q through the API server: %w", node, err)
	}
	return nil
}

// Held is a lease as its holder keeps it.
type Held struct {
	Name, Holder string
	// Renewed is when the holder last did, by its own clock.
	Renewed time.Time
	// For is how long it holds from then.
	For time.Duration
}

// Leases lists the leases of a namespace by name.
func (c *Client) Leases(ctx context.Context, namespace string) ([]Held, error) {
	list, err := c.clientset.CoordinationV1().Leases(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing leases of namespace %q: %w", namespace, err)
	}
	var leases []Held
	for _, l := range list.Items {
		one := Held{Name: l.Name}
		if l.Spec.HolderIdentity != nil {
			one.Holder = *l.Spec.HolderIdentity
		}
		if l.Spec.RenewTime != nil {
			one.Renewed = l.Spec.RenewTime.Time
		}
		if l.Spec.LeaseDurationSeconds != nil {
			one.For = time.Duration(*l.Spec.LeaseDurationSeconds) * time.Second
		}
		leases = append(leases, one)
	}
	return leases, nil
}

// NodeLeases is the namespace of the leases by which kubelets say that they
// live.
const NodeLeases = corev1.NamespaceNodeLease

// Request is a request for a certificate that nobody has decided on.
type Request struct {
	Name, Signer, From string
	Since              time.Time
}

// OpenRequests lists the requests for certificates that wait for a decision,
// the oldest first.
func (c *Client) OpenRequests(ctx context.Context) ([]Request, error) {
	list, err := c.clientset.CertificatesV1().CertificateSigningRequests().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("listing certificate signing requests: %w", err)
	}
	var open []Request
	for _, r := range list.Items {
		if len(r.Status.Conditions) == 0 {
			open = append(open, Request{r.Name, r.Spec.SignerName, r.Spec.Username, r.CreationTimestamp.Time})
		}
	}
	sort.Slice(open, func(i, j int) bool { return open[i].Since.Before(open[j].Since) })
	return open, nil
}

// Event is something that a component complained about.
type Event struct {
	// Object is in words, such as Pod coredns-x.
	Object, Reason, Message string
	Count                   int
	Last                    time.Time
}

// Warnings lists the events of type Warning of a namespace since a time, the
// latest first.
func (c *Client) Warnings(ctx context.Context, namespace string, since time.Time) ([]Event, error) {
	list, err := c.clientset.CoreV1().Events(namespace).List(ctx, metav1.ListOptions{FieldSelector: "type=" + corev1.EventTypeWarning})
	if err != nil {
		return nil, fmt.Errorf("listing events of namespace %q: %w", namespace, err)
	}
	var events []Event
	for i := range list.Items {
		one := eventOf(&list.Items[i])
		if one.Last.After(since) {
			events = append(events, one)
		}
	}
	sort.SliceStable(events, func(i, j int) bool { return events[i].Last.After(events[j].Last) })
	return events, nil
}

// eventOf reads either generation of events: they say in different fields how
// often and when last.
func eventOf(e *corev1.Event) Event {
	one := Event{
		Object: e.InvolvedObject.Kind + " " + e.InvolvedObject.Name, Reason: e.Reason, Message: e.Message,
		Count: int(e.Count), Last: e.LastTimestamp.Time,
	}
	if e.Series != nil {
		one.Count, one.Last = int(e.Series.Count), e.Series.LastObservedTime.Time
	}
	if one.Last.IsZero() {
		one.Last = e.EventTime.Time
	}
	if one.Last.IsZero() {
		one.Last = e.CreationTimestamp.Time
	}
	one.Count = max(one.Count, 1)
	return one
}
