package host

import (
	"context"
	"io"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// Facts is what a host says about itself, as Apply would have it: what 'render'
// takes in place of what it assumes. Cloud is the one whose metadata service is
// asked who the host is; empty for none. It changes nothing.
func Facts(ctx context.Context, o Options, cloud string) (node.Facts, error) {
	root, err := openRoot(o.HostRoot)
	if err != nil {
		return node.Facts{}, err
	}
	defer root.close()
	// Nobody reads along: neither a log nor the console.
	r := &run{Options: o, root: root, report: &reporter{root: root, log: io.Discard, now: o.Now}}
	r.bundle.Cloud = cloud
	if err := r.readFacts(ctx); err != nil {
		return node.Facts{}, err
	}
	if err := r.askCloud(ctx); err != nil {
		return node.Facts{}, err
	}
	// How its etcd began, on a control plane that has.
	r.facts.Etcd = r.keptEtcd().EtcdStart
	return r.facts, nil
}
