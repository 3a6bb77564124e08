package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// What most checks need: a config, and where there is a cluster, its API.
const (
	configValid = "config/valid"
	apiReady    = "api/ready"
)

// examination is one run of doctor.
type examination struct {
	*session  // nil where the config cannot be read
	env       Environment
	configErr *diag.Error
	noPods    bool
	// which is how the cluster was named, for other commands: " -f FILE".
	which string
	// first tells that there is neither a config nor a cluster: it is about the
	// one that create would make.
	first bool

	// exists tells that there is a state; out is what it says, or outErr why it
	// does not say all.
	exists           bool
	stateErr, outErr error
	out              target.Outputs
	api              *kube.Client
	apiErr           error

	probes *kube.Probes
}

// lookTimeout bounds the look at the state, which may be in a bucket.
const lookTimeout = 45 * time.Second

// look reads the cluster's state, if there is one.
func (e *examination) look(ctx context.Context) {
	if e.session == nil {
		return
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	stack, err := e.existing(ctx, func(string) {})
	if err != nil || stack == nil {
		e.stateErr = err
		return
	}
	defer stack.Close()
	e.exists = true
	values, err := stack.Outputs(ctx)
	if err == nil {
		e.out, err = target.ParseOutputs(values)
	}
	if e.outErr = err; err != nil {
		return
	}
	e.api, e.apiErr = e.connect(e.out)
}

// before is what can be known before there is a cluster.
func (e *examination) before() []doctor.Check {
	return []doctor.Check{
		{Group: "config", Name: "valid", Run: e.checkConfig, About: "the config can be read, and can be had"},
		{Group: "machine", Name: "kubectl", Run: e.checkKubectl, About: "kubectl is here, and near the cluster's version"},
		{Group: "machine", Name: "disk", Run: e.checkDisk, About: "room for state, images and plugins"},
		{Group: "machine", Name: "clock", Run: e.checkClock, About: "compared with the API server's, once there is one"},
		{Group: "machine", Name: "proxy", Run: e.checkProxy, About: "NO_PROXY has the cluster, where a proxy is set"},
		{Group: "state", Name: "backend", Needs: []string{configValid}, Run: e.checkState, About: "the state can be read and written"},
		{Group: "state", Name: "passphrase", Needs: []string{configValid}, Run: e.checkPassphrase, About: "what decrypts the state is here"},
		{Group: "images", Name: "source", Needs: []string{configValid}, Run: e.checkImages, About: "an archive of this version, or a registry"},
		{Group: "target", Name: "plugins", Needs: []string{configValid}, Run: e.checkPlugins, About: "the provider's plugin is here, or is fetched"},
		{Group: "target", Name: "machine", Needs: []string{configValid}, Run: e.checkSurvey, About: "local: Docker, disk, memory; baremetal: hosts"},
		{Group: "target", Name: "identity", Needs: []string{configValid}, Deadline: time.Minute, Run: e.checkIdentity, About: "clouds: who the credentials are of"},
		{Group: "target", Name: "preflight", Needs: []string{configValid, "target/machine", "target/identity"}, Deadline: 2 * time.Minute, Run: e.checkPreflight, About: "what create would fail over: ports, quotas, …"},
	}
}

func (e *examination) checkConfig(context.Context) []doctor.Result {
	if e.configErr != nil {
		var results []doctor.Result
		for _, p := range e.configErr.Report.Problems {
			results = append(results, doctor.Result{State: doctor.Failed, Detail: p.String(), Fix: p.Fix})
		}
		return results
	}
	spec, workers := e.cluster.Spec, 0
	for _, pool := range spec.Pools {
		workers += pool.Count
	}
	if problems := e.nameInUse(); len(problems) > 0 {
		return ofProblems(problems)
	}
	return doctor.Well(fmt.Sprintf("%s on %s: Kubernetes %s, %s, %s, %s", e.cluster.Metadata.Name, spec.Target, spec.KubernetesVersion,
		count(spec.ControlPlane.Count, "control plane"), count(workers, "worker"), spec.Network.Layer))
}

// ofProblems are problems as what failed.
func ofProblems(problems []diag.Problem) []doctor.Result {
	var results []doctor.Result
	for _, p := range problems {
		results = append(results, doctor.Result{State: doctor.Failed, Detail: p.String(), Fix: p.Fix})
	}
	return results
}

// wanted is the version of Kubernetes that the cluster is to have.
func (e *examination) wanted() string {
	if e.session == nil {
		return config.DefaultKubernetesVersion
	}
	return e.cluster.Spec.KubernetesVersion
}

func (e *examination) checkKubectl(ctx context.Context) []doctor.Result {
	const install = "install it: https://kubernetes.io/docs/tasks/tools/"
	path, err := exec.LookPath("kubectl")
	if err != nil {
		return doctor.Warn("not found in PATH: clusters can be made, and not used from here", install)
	}
	said, err := exec.CommandContext(ctx, path, "version", "--client", "-o", "json").Output()
	var version struct {
		ClientVersion struct{ GitVersion string }
	}
	if err == nil {
		err = json.Unmarshal(said, &version)
	}
	if err != nil {
		return doctor.Warn(fmt.Sprintf("%s does not tell its version: %v", path, err), install)
	}
	return doctor.Kubectl(version.ClientVersion.GitVersion, e.wanted())
}

// checkDisk looks at the disks of the two folders that we write to, once where
// they are on the same.
func (e *examination) checkDisk(context.Context) []doctor.Result {
	root, err := home.Root()
	if err != nil {
		return doctor.Fail(err.Error(), "export HOME=/home/YOU")
	}
	cache, err := images.CacheDir()
	if err != nil {
		return doctor.CannotTell(err.Error())
	}
	var results []doctor.Result
	seen := map[uint64]bool{}
	for _, folder := range []string{root, cache} {
		free, known := doctor.FreeBytes(doctor.Existing(folder))
		switch {
		case !known:
			results = append(results, doctor.CannotTell("how much room there is for "+folder)...)
		case !seen[free]:
			seen[free] = true
			results = append(results, doctor.Room(folder, free)...)
		}
	}
	return results
}

func (e *examination) checkClock(context.Context) []doctor.Result {
	if e.exists {
		return doctor.Skip("compared with the API server's below: api, clock")
	}
	return doctor.Skip("nothing outside is asked for the time; with a cluster, its API server is")
}

// checkProxy compares what must not go through a proxy: the hosts, and the
// API's own address.
func (e *examination) checkProxy(context.Context) []doctor.Result {
	var addresses []string
	if e.session != nil {
		addresses = append(addresses, config.Ranges(e.cluster.Spec.Network.NodeCIDR)...)
	}
	if at, err := url.Parse(e.out.Endpoint); err == nil && at.Hostname() != "" && !slices.Contains(addresses, at.Hostname()) {
		addresses = append(addresses, at.Hostname())
	}
	return doctor.Proxy(e.env.Getenv, addresses)
}

func (e *examination) checkState(context.Context) []doctor.Result {
	local, isFile := engine.Folder(e.backend)
	switch {
	case e.stateErr != nil:
		return doctor.Fail(e.stateErr.Error(), "look whether this machine may read "+e.backend)
	case isFile && !doctor.Writable(doctor.Existing(local)):
		return doctor.Fail(local+" cannot be written to", "chown -R $USER "+doctor.Existing(local))
	case !e.exists:
		return doctor.Well("none yet; create makes it at " + e.backend)
	case isFile:
		return doctor.Well(e.backend)
	}
	return doctor.Well(e.backend + " answers; writing to it is not tried")
}

func (e *examination) checkPassphrase(context.Context) []doctor.Result {
	if e.env.Getenv(passphraseVariable) != "" {
		return doctor.Well(passphraseVariable + " is set")
	}
	file := e.dir.PassphraseFile()
	info, err := os.Stat(file)
	switch {
	case errors.Is(err, os.ErrNotExist) && e.exists:
		return doctor.Fail("not kept here", "export "+passphraseVariable+"=…")
	case errors.Is(err, os.ErrNotExist):
		return doctor.Well("none yet; create makes one and keeps it in " + file)
	case err != nil:
		return doctor.Fail(err.Error(), "")
	case info.Mode().Perm()&0o077 != 0:
		return doctor.Warn(fmt.Sprintf("others may read %s (%s)", file, info.Mode().Perm()), "chmod 600 "+quote(file))
	}
	return doctor.Well("kept in " + file)
}

func (e *examination) checkImages(ctx context.Context) []doctor.Result {
	in, err := e.inputs()
	if err != nil {
		return doctor.Fail(err.Error(), "kubectl anywhere images bundle")
	}
	c := &creation{session: e.session, in: in}
	if problems := c.imagesCanBeHad(ctx); len(problems) > 0 {
		return ofProblems(problems)
	}
	if in.ImageArchive == "" {
		return doctor.Well("pulled: " + in.BootstrapImage + " can be had")
	}
	names, err := images.References(in.ImageArchive)
	switch {
	case err != nil:
		return doctor.Fail(err.Error(), "kubectl anywhere images bundle")
	case !slices.Contains(names, in.BootstrapImage):
		return doctor.Fail(fmt.Sprintf("%s has no %s: it is of another version", in.ImageArchive, in.BootstrapImage), "kubectl anywhere images bundle")
	}
	return doctor.Well(fmt.Sprintf("%s of %s in %s", count(len(names), "image"), e.wanted(), filepath.Base(in.ImageArchive)))
}
