// Package host is phase 2 on a real host: it reads a node bundle and the
// host's facts, has package node render them, puts the result below the host's
// root and follows kubelet and control plane to health.
package host

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/coreos/ignition/v2/config/v3_6/types"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// Options is all that applying a bundle depends on.
type Options struct {
	// HostRoot is where the root of the host is mounted.
	HostRoot string
	// Bundle is file:///path on the host, - for Stdin, or a URL of Stores.
	Bundle string
	// BundleSHA256 is what the bundle must hash to; empty skips the check.
	BundleSHA256 string
	Stdin        io.Reader
	// Log gets a line for every step.
	Log io.Writer
	// Renew leaves out what only the first bootstrap of a cluster may do:
	// opening it to new nodes.
	Renew bool

	Runner Runner
	Prober Prober
	// Stores may be nil where bundles are files.
	Stores Stores
	// Metadata may be nil where no host is of a cloud.
	Metadata Metadata
	// API is the URL of this host's own API server.
	API string
	// Network says how the host is called and reached.
	Network Network
	Now     func() time.Time
	Rand    io.Reader
	// IgnitionApply and CNIPlugins are paths in the image.
	IgnitionApply string
	CNIPlugins    string
	// Patience is how long each wait may take; Pause is between two looks.
	Patience time.Duration
	Pause    time.Duration
}

// run is one application of a bundle; each stage leaves here what later ones
// need.
type run struct {
	Options
	root   root
	report *reporter

	raw    []byte
	bundle node.Bundle
	facts  node.Facts
	self   node.Self
	leafs  node.Leafs
	config types.Config
}

// stage is a step with a title that completes "stage 3 of 9: …".
type stage struct {
	title string
	run   func(context.Context) error
}

// Apply makes the host a node, or brings a node up to date. Applied again with
// the same bundle it changes nothing.
func Apply(ctx context.Context, o Options) error {
	root, err := openRoot(o.HostRoot)
	if err != nil {
		return err
	}
	defer root.close()
	r := &run{Options: o, root: root, report: newReporter(o, root)}
	defer r.report.close()
	unlock, err := root.lock(lockPath)
	if err != nil {
		return err
	}
	defer unlock()
	return r.stages(ctx)
}

// plan is the whole of phase 2.
func (r *run) plan() []stage {
	return []stage{
		{"reading the bundle", r.readBundle},
		{"reading the facts of this host", r.readFacts},
		{"issuing certificates", r.issueCertificates},
		{"rendering the configuration", r.render},
		{"applying the configuration", r.applyIgnition},
		{"mounting etcd's disk", r.mountEtcdDisk},
		{"installing CNI plugins and loading images", r.loadImages},
		{"starting the units", r.startUnits},
		{"waiting for the kubelet", r.waitForKubelet},
		{"waiting for the API server", r.waitForAPI},
		// Before the controllers: a worker that is turned away waits ever
		// longer until it asks again.
		{"joining the cluster", r.join},
		{"waiting for the controllers", r.waitForControllers},
	}
}

func (r *run) stages(ctx context.Context) error {
	plan := r.plan()
	for i, stage := range plan {
		r.report.stage(stage.title, i+1, len(plan))
		err := ctx.Err()
		if err == nil {
			err = stage.run(ctx)
		}
		if err != nil {
			if ctx.Err() != nil {
				err = fmt.Errorf("interrupted: %w; run the same command again to go on", err)
			}
			err = fmt.Errorf("%s (stage %d of %d): %w", stage.title, i+1, len(plan), err)
			r.report.failed(err)
			return err
		}
	}
	r.report.done()
	return nil
}

// isControlPlane is the one question that stages ask about the role.
func (r *run) isControlPlane() bool { return r.bundle.Role == node.ControlPlane }

func (r *run) render(context.Context) error {
	var err error
	r.config, err = node.Ignition(r.bundle, r.facts, r.leafs)
	return err
}

// LogTail is the end of the log of what failed, where an error carries one.
func LogTail(err error) []string {
	var f *failure
	if errors.As(err, &f) {
		return f.tail
	}
	return nil
}

// failure is an error with the log of what failed.
type failure struct {
	err  error
	tail []string
}

func (f *failure) Error() string { return f.err.Error() }
func (f *failure) Unwrap() error { return f.err }
