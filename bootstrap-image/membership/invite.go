package membership

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	corev1 "k8s.io/api/core/v1"
)

// Inviter makes the lines by which hosts join, on a control plane.
type Inviter struct {
	Tokens
	// bundle is what this control plane was made from.
	bundle node.Bundle
	self   node.Member
	pin    string
	engine string
	image  string
}

// Invitation is what a line is to be good for.
type Invitation struct {
	TTL          time.Duration
	ControlPlane bool
	// Pool is the worker's; empty where there is only one.
	Pool string
}

// Line is a command to paste on a host that is to join, until it ends.
type Line struct {
	Command string
	Ends    time.Time
}

// NewInviter reads what this control plane is. It refuses a host that is none,
// and a cluster whose hosts a phase 1 adds.
func NewInviter(ctx context.Context, o host.Options, image string) (*Inviter, error) {
	inviter, err := newInviter(o, image)
	if err != nil {
		return nil, err
	}
	var held corev1.ConfigMap
	err = inviter.API.Call(ctx, http.MethodGet, "/api/v1/namespaces/kube-system/configmaps/"+node.TemplateName, nil, &held)
	if kubeapi.Code(err) == http.StatusNotFound {
		inviter.Close()
		return nil, fmt.Errorf("making a line to join cluster %q: its hosts are added by 'kubectl anywhere create', and would find nothing to join with", inviter.bundle.Cluster.Metadata.Name)
	}
	if err != nil {
		inviter.Close()
		return nil, fmt.Errorf("reading what hosts that join are told: %w", err)
	}
	return inviter, nil
}

func newInviter(o host.Options, image string) (*Inviter, error) {
	root := files{o.HostRoot}
	kept, err := root.kept()
	if err != nil {
		return nil, err
	}
	if kept == nil {
		return nil, fmt.Errorf("making a line to join a cluster: this host is no control plane; run this on one")
	}
	inviter := &Inviter{bundle: *kept, engine: root.engine(), image: image}
	if inviter.image == "" {
		inviter.image = images.For(kept.Cluster.Spec.KubernetesVersion, kept.Cluster.Spec.Images.Registry).Bootstrap
	}
	addresses, err := o.Network.Addresses()
	if err != nil {
		return nil, fmt.Errorf("reading the host's addresses: %w", err)
	}
	self, err := node.Identify(*kept, node.Facts{Addresses: addresses})
	if err != nil {
		return nil, err
	}
	inviter.self = self.Member()
	if inviter.pin, err = pinOf([]byte(kept.Credentials.CA.Certificate)); err != nil {
		return nil, err
	}
	api, err := root.admin(o.API)
	if err != nil {
		return nil, err
	}
	inviter.Tokens = Tokens{API: api, Now: o.Now, Rand: o.Rand}
	return inviter, nil
}

// Close lets go of the connection to the API.
func (i *Inviter) Close() { i.API.Close() }

// Line makes a token and the command that joins with it.
func (i *Inviter) Line(ctx context.Context, want Invitation) (Line, error) {
	if err := i.checkPool(want); err != nil {
		return Line{}, err
	}
	grant := Grant{TTL: want.TTL, Pool: want.Pool}
	if want.ControlPlane {
		grant.Credentials = &i.bundle.Credentials
	}
	made, err := i.Create(ctx, grant)
	if err != nil {
		return Line{}, err
	}
	words := []string{
		i.engine, "run --rm --privileged --pid=host --net=host -v /:/host", i.image,
		"join", net.JoinHostPort(i.self.Address, "6443"), "--token", made.Token, "--ca-cert-hash", i.pin,
	}
	if want.ControlPlane {
		words = append(words, "--control-plane", "--certificate-key", made.CertificateKey)
	}
	if want.Pool != "" {
		words = append(words, "--pool", want.Pool)
	}
	if archive := i.bundle.ImageArchive; archive != "" && archive != DefaultArchive {
		words = append(words, "--image-archive", archive)
	}
	return Line{Command: strings.Join(words, " "), Ends: made.Ends}, nil
}

// checkPool refuses a pool that no host could join.
func (i *Inviter) checkPool(want Invitation) error {
	if want.Pool == "" {
		return nil
	}
	if want.ControlPlane {
		return input("making a token: --pool is a worker's and --control-plane is not; leave one of the two out")
	}
	var names []string
	for _, pool := range i.bundle.Cluster.Spec.Pools {
		names = append(names, pool.Name)
	}
	if !slices.Contains(names, want.Pool) {
		return input("making a token for pool %q: the cluster has %s; write one of these", want.Pool, strings.Join(names, ", "))
	}
	return nil
}
