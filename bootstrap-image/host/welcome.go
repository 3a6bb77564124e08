package host

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	authorizationv1 "k8s.io/api/authorization/v1"
)

const (
	// lookLimit ends a look at an API that drops packets.
	lookLimit = 2 * time.Second
	// paceOfOne is how much longer each worker waits between two looks for
	// every worker there is: all of them together ask 500 times a second.
	paceOfOne = 2 * time.Millisecond
)

// awaitWelcome holds back the first kubelet of a worker until the cluster
// would sign its certificate: a kubelet that is turned away waits 2, 4, 8, 16
// seconds until it asks again. Nobody depends on this wait, so when its time
// is up the kubelet starts all the same.
func (r *run) awaitWelcome(ctx context.Context) error {
	if r.isControlPlane() || r.kubeletAccepted() == nil {
		return nil
	}
	api := r.apiByToken()
	defer api.Close()
	err := r.until(ctx, wait{
		what:  "the API at " + r.bundle.Endpoint + " to let this host in",
		pause: r.pace(),
		ready: func(ctx context.Context) error { return welcome(ctx, api) },
		tail:  func(context.Context) []string { return nil },
		next:  "the control plane",
	})
	r.report.waiting("")
	if err != nil && ctx.Err() == nil {
		r.report.say("  %v; the kubelet will ask by itself", err)
		return nil
	}
	return err
}

// pace is the pause between two looks of one worker among many.
func (r *run) pace() time.Duration {
	workers := 0
	for _, pool := range r.bundle.Cluster.Spec.Pools {
		workers += pool.Count
	}
	return time.Duration(workers) * paceOfOne
}

// apiByToken is the cluster's API as a kubelet that has only the token sees it.
func (r *run) apiByToken() kubeapi.Client {
	return kubeapi.WithToken("https://"+r.bundle.Endpoint, r.bundle.Credentials.BootstrapToken, []byte(r.bundle.Credentials.CA.Certificate))
}

// welcome is nil when a request of the token's bearer for a node's certificate
// would be approved. Anyone whom the API knows may ask what they may do.
func welcome(ctx context.Context, api kubeapi.Client) error {
	ctx, cancel := context.WithTimeout(ctx, lookLimit)
	defer cancel()
	review := authorizationv1.SelfSubjectAccessReview{Spec: authorizationv1.SelfSubjectAccessReviewSpec{
		ResourceAttributes: &authorizationv1.ResourceAttributes{
			Group: "certificates.k8s.io", Resource: "certificatesigningrequests", Subresource: "nodeclient", Verb: "create",
		},
	}}
	review.APIVersion, review.Kind = "authorization.k8s.io/v1", "SelfSubjectAccessReview"
	if err := api.Call(ctx, http.MethodPost, "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews", review, &review); err != nil {
		return err
	}
	if !review.Status.Allowed {
		return errors.New("the token may not yet ask for a node's certificate")
	}
	return nil
}
