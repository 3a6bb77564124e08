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
	// Name is what a worker's node is called instead of the host's own name,
	// and Address the one of the host's addresses that counts; both may be
	// empty.
	Name, Address string
	// Renew leaves out what only the first bootstrap of a cluster may do:
	// opening it to new nodes.
	Renew bool
	// Force issues every leaf anew, whatever is left of its life.
	Force bool
	// AsOf is the moment as of which leafs are issued; zero for now. Tests and
	// rehearsals make certificates with it that are about to end.
	AsOf time.Time

	Runner Runner
	Prober Prober
	Nodes  Nodes
	// Etcd may be nil where no control plane has others.
	Etcd Etcd
	// Stores may be nil where bundles are files.
	Stores Stores
	// Metadata may be nil where no host is of a cloud.
	Metadata Metadata
	// Arch is what the image is for; empty for what this program is for.
	Arch string
	// Machine tells of disks, ports and clocks; nil is the machine itself.
	Machine Machine
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

// stage is one of the stages of node.Status, made of steps.
type stage struct {
	name  string
	steps []func(context.Context) error
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
// Nothing is written on the host, save the status file, before the
// certificates: what would make a later stage fail is found by then.
func (r *run) plan() []stage {
	type steps = []func(context.Context) error
	return []stage{
		{node.StageFacts, steps{r.readFacts}},
		{node.StageBundle, steps{r.readBundle, r.identify, r.check}},
		{node.StageCertificates, steps{r.issueCertificates}},
		{node.StageIgnition, steps{r.enterEtcd, r.render, r.applyIgnition, r.keepApplied}},
		{node.StageUnits, steps{r.mountEtcdDisk, r.loadImages, r.startUnits}},
		{node.StageKubelet, steps{r.waitForKubelet}},
		{node.StageEtcd, steps{r.promoteEtcd, r.waitForEtcd, r.keepEtcdBegun}},
		{node.StageAPIServer, steps{r.waitForAPI}},
		// Before the controllers: a worker that is turned away waits ever
		// longer until it asks again.
		{node.StageRegistered, steps{r.openCluster, r.waitForNode, r.nameRole, r.publish}},
		{node.StageReady, steps{r.waitForControllers, r.waitForReady}},
	}
}

func (r *run) stages(ctx context.Context) error {
	plan := r.plan()
	for i, stage := range plan {
		r.report.stage(stage.name, i+1, len(plan))
		if err := stage.run(ctx); err != nil {
			if ctx.Err() != nil {
				err = fmt.Errorf("interrupted: %w; run the same command again to go on", err)
			}
			err = fmt.Errorf("stage %d of %d, %s: %w", i+1, len(plan), stage.name, err)
			r.report.failed(err)
			return err
		}
	}
	r.report.done()
	return nil
}

func (s stage) run(ctx context.Context) error {
	for _, step := range s.steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := step(ctx); err != nil {
			return err
		}
	}
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
