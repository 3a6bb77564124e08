package node

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// Where a cluster without a phase 1 keeps, in its own API, what its next hosts
// are told: a ConfigMap of kube-system, and the one key in it.
const (
	TemplateName = "kubernetes-anywhere-node"
	TemplateKey  = "bundle.json"
)

// Template is the bundle without what belongs to one host, and without any
// secret: everyone who may join reads it.
func (b Bundle) Template() Bundle {
	t := b
	t.APIVersion, t.Kind = APIVersion, Kind
	t.Role, t.Pool, t.ImageArchive, t.Untainted = Worker, "", "", false
	t.ControlPlanes = slices.Clone(b.ControlPlanes)
	t.Credentials = Credentials{CA: Authority{Certificate: b.Credentials.CA.Certificate}}
	return t
}

// ReadTemplate reads what a control plane has published, as strictly as a
// bundle is read.
func ReadTemplate(document []byte) (Bundle, error) {
	var t Bundle
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&t); err != nil {
		return Bundle{}, fmt.Errorf("reading ConfigMap kube-system/%s: %w; use the bootstrap image that the control planes run", TemplateName, err)
	}
	switch {
	case t.APIVersion != APIVersion || t.Kind != Kind:
		return Bundle{}, fmt.Errorf("reading ConfigMap kube-system/%s: it holds %s %s, this image reads %s %s", TemplateName, t.APIVersion, t.Kind, APIVersion, Kind)
	case t.Cluster.Metadata.Name == "" || t.Endpoint == "" || len(t.ControlPlanes) == 0 || t.Credentials.CA.Certificate == "":
		return Bundle{}, fmt.Errorf("reading ConfigMap kube-system/%s: it is incomplete; run init again on the first control plane", TemplateName)
	}
	return t, nil
}

// AsWorker makes a worker's bundle of a template. An empty pool is the only
// one that the cluster has, or none.
func (b Bundle) AsWorker(pool, token string) (Bundle, error) {
	pools := b.Cluster.Spec.Pools
	var names []string
	for _, candidate := range pools {
		names = append(names, candidate.Name)
	}
	if pool == "" && len(names) > 1 {
		return Bundle{}, fmt.Errorf("choosing the pool of this host: cluster %q has %s; say which with --pool", b.Cluster.Metadata.Name, strings.Join(names, ", "))
	}
	if pool == "" && len(names) == 1 {
		pool = names[0]
	}
	at := slices.Index(names, pool)
	if pool != "" && at < 0 {
		return Bundle{}, fmt.Errorf("choosing the pool of this host: cluster %q has no pool %q, it has %s; write one of its own as --pool, or leave the flag out",
			b.Cluster.Metadata.Name, pool, cmp.Or(strings.Join(names, ", "), "none at all"))
	}
	b.Role, b.Pool = Worker, pool
	b.Cluster.Spec.Pools = nil
	if at >= 0 {
		// How many there are is nothing to a worker.
		b.Cluster.Spec.Pools = []config.Pool{{Name: pool, Count: 1, Labels: pools[at].Labels, Taints: pools[at].Taints}}
	}
	b.Credentials = Credentials{CA: Authority{Certificate: b.Credentials.CA.Certificate}, BootstrapToken: token}
	return b, nil
}

// AsControlPlane makes the bundle of a further control plane of a template. It
// holds no token: opening the cluster is not a new member's to do.
func (b Bundle) AsControlPlane(self Member, credentials Credentials) Bundle {
	b.Role, b.Pool = ControlPlane, ""
	b.ControlPlanes = WithMember(b.ControlPlanes, self)
	b.Credentials = credentials
	b.Credentials.BootstrapToken = ""
	return b
}

// WithMember adds a member, or puts it where one of its name was. Another one
// at the same address is gone: that host has a new name.
func WithMember(members []Member, self Member) []Member {
	out := slices.DeleteFunc(slices.Clone(members), func(m Member) bool { return m.Address == self.Address && m.Name != self.Name })
	if at := slices.IndexFunc(out, func(m Member) bool { return m.Name == self.Name }); at >= 0 {
		out[at] = self
		return out
	}
	return append(out, self)
}
