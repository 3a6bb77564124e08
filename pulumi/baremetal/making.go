package baremetal

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// making is one host on its way to being a node.
type making struct {
	*hosts
	spec
	on    shell
	found facts
	// claimed tells that the host says whose it is, so that a delete knows.
	claimed bool
}

// run is the way. Each step finds out first what an earlier run has done.
func (m *making) run(ctx context.Context) error {
	for _, step := range []func(context.Context) error{
		m.look, m.engine, m.claim, m.bootstrapImage, m.imageArchive, m.bootstrap,
	} {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

func (m *making) say(format string, args ...any) {
	m.heard.say(m.Name, fmt.Sprintf(format, args...))
}

// look refuses a host that says it is somebody else's. Of a host whose files
// say so and this mark does not, the bootstrap does.
func (m *making) look(ctx context.Context) error {
	var err error
	if m.found, err = look(ctx, m.on, m.reach); err != nil {
		return err
	}
	return m.found.mark.refuse(m.spec)
}

// refuse tells why a host cannot become what is wanted of it.
func (k mark) refuse(wanted spec) error {
	switch {
	case k == mark{} || k == wanted.mark():
		return nil
	case k.Cluster != wanted.Cluster:
		return fmt.Errorf("it is node %q of cluster %q; delete that cluster, or take it off the host: '%s'", k.Node, k.Cluster, wanted.resetLine())
	}
	return fmt.Errorf("it is node %q of this cluster already; take that off the host first: '%s'", k.Node, wanted.resetLine())
}

// resetLine is what to type to take a cluster off the host.
func (s spec) resetLine() string {
	sudo := ""
	if s.reach.User != defaultUser {
		sudo = "sudo "
	}
	return strings.TrimSuffix(strings.TrimSuffix(s.reach.command(), "true"), "sudo -n ") + sudo +
		"docker run --rm --privileged --pid=host --net=host -v /:/host " + s.Image + " reset --yes && " + sudo + "rm -f " + markPath
}

// engine sees to a container engine that runs.
func (m *making) engine(ctx context.Context) error {
	if m.found.engine() == "" {
		if err := m.found.installable(m.InstallEngine); err != nil {
			return err
		}
		m.say("installing docker.io")
		if _, err := script(ctx, m.on, installScript, nil); err != nil {
			return fmt.Errorf("installing docker.io by apt-get: %w; install a container engine on it, and run this again", err)
		}
		m.found.has[docker] = true
	}
	if m.found.engine() == docker && !m.found.dockerRuns {
		m.say("waiting for the Docker daemon")
		if _, err := script(ctx, m.on, startScript, nil); err != nil {
			return fmt.Errorf("starting the Docker daemon: %w; 'journalctl -u docker' on it may tell more", err)
		}
	}
	return nil
}

// installable tells why there will be no container engine.
func (f facts) installable(allowed bool) error {
	switch {
	case f.engine() != "":
		return nil
	case !allowed:
		return errors.New("there is no container engine on it, and spec.baremetal.installEngine is false; install docker.io there, or allow it")
	case !f.has["apt-get"]:
		return fmt.Errorf("there is no container engine on it, and no apt-get to install one (it runs %s); install Docker there", f.os)
	}
	return nil
}

// claim writes down whose host this is, before anything else is put there.
func (m *making) claim(ctx context.Context) error {
	if m.claimed = m.found.mark == m.mark(); m.claimed {
		return nil
	}
	data, err := json.Marshal(m.mark())
	if err == nil {
		_, err = script(ctx, m.on, markScript, nil, string(data))
	}
	if err != nil {
		return fmt.Errorf("writing %s: %w", markPath, err)
	}
	m.claimed = true
	return nil
}

// bootstrap runs phase 2 and listens to it until the host is a node.
func (m *making) bootstrap(ctx context.Context) error {
	args := []string{"apply", "--bundle", "-", "--bundle-sha256", target.BundleDigest([]byte(m.bundle))}
	if m.Role != node.ControlPlane {
		args = append(args, "--name", m.Name)
	}
	return m.runImage(ctx, m.bundle, args...)
}

// runImage runs the bootstrap image and passes on what it says. The error of
// one that failed is in its own words.
func (h *hosts) runImage(ctx context.Context, on shell, s spec, engine, stdin string, args ...string) error {
	heard := &listener{host: s.Name, heard: h.heard}
	err := on.Run(ctx, target.Command{
		Args:  append([]string{"sh", "-c", runScript, "sh", engine, s.Image}, args...),
		Stdin: strings.NewReader(stdin), Stdout: heard, Stderr: heard,
	})
	if err == nil {
		return nil
	}
	return heard.explain(ctx, err, args[0])
}

func (m *making) runImage(ctx context.Context, stdin string, args ...string) error {
	return m.hosts.runImage(ctx, m.on, m.spec, m.found.engine(), stdin, args...)
}

// unmake takes the cluster off a host. What is not this cluster's is left.
func (h *hosts) unmake(ctx context.Context, on shell, was spec) error {
	found, err := look(ctx, on, was.reach)
	if err != nil {
		return fmt.Errorf("taking the cluster off host %q: %w", was.Name, err)
	}
	if found.mark != was.mark() {
		h.heard.say(was.Name, "has nothing of the cluster")
		return nil
	}
	engine := found.engine()
	if engine != "" {
		m := &making{hosts: h, on: on, spec: was, found: found}
		if err := m.bootstrapImage(ctx); err != nil {
			return fmt.Errorf("taking the cluster off host %q: %w", was.Name, err)
		}
		if err := h.runImage(ctx, on, was, engine, "", h.meant.resetArgs()...); err != nil {
			return fmt.Errorf("taking the cluster off host %q at %s: %w", was.Name, was.reach.Address, err)
		}
	}
	if _, err := script(ctx, on, forgetScript, nil, engine, was.Image); err != nil {
		return fmt.Errorf("taking images off host %q: %w", was.Name, err)
	}
	return nil
}

// listener is told what a bootstrap says, and passes on where it is.
type listener struct {
	host  string
	heard *narrator

	status node.Status
	rest   []byte
	last   []string
}

// mostLast is how many lines are kept of a program that says nothing we know.
const mostLast = 5

// Write takes in what was said, line by line.
func (l *listener) Write(p []byte) (int, error) {
	l.rest = append(l.rest, p...)
	for {
		line, rest, found := bytes.Cut(l.rest, []byte("\n"))
		if !found {
			return len(p), nil
		}
		l.rest = rest
		l.hear(strings.TrimRight(string(line), "\r"))
	}
}

func (l *listener) hear(line string) {
	if strings.TrimSpace(line) == "" {
		return
	}
	l.last = append(l.last, line)
	l.last = l.last[max(0, len(l.last)-mostLast):]
	before := l.where()
	l.status.Hear(strings.TrimPrefix(line, node.ConsolePrefix))
	if now := l.where(); now != before && now != "" {
		l.heard.say(l.host, now)
	}
}

// where is how far the bootstrap is, in the words of 'status'.
func (l *listener) where() string {
	s := l.status
	switch {
	case s.Stage == "":
		return ""
	case s.Waiting != "":
		return fmt.Sprintf("stage %d of %d, %s: %s", s.N, s.Stages, s.Stage, s.Waiting)
	}
	return fmt.Sprintf("stage %d of %d, %s", s.N, s.Stages, s.Stage)
}

// explain makes the error of a bootstrap that ended otherwise than it should.
func (l *listener) explain(ctx context.Context, err error, verb string) error {
	var exit *target.ExitError
	switch {
	case ctx.Err() != nil && l.where() != "":
		return fmt.Errorf("interrupted at %s: %w", l.where(), ctx.Err())
	case !errors.As(err, &exit):
		if l.where() != "" {
			return fmt.Errorf("at %s: %w; run this again, it goes on", l.where(), err)
		}
		return err
	case l.status.State == node.Failed:
		text := l.status.Error
		if len(l.status.LogTail) > 0 {
			text += "\n  " + strings.Join(l.status.LogTail, "\n  ")
		}
		return errors.New(text)
	}
	return fmt.Errorf("the bootstrap's %s ended with status %d: %s", verb, exit.Code, strings.Join(l.last, "; "))
}
