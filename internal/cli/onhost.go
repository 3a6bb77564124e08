package cli

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// bootstrapProgram is the program of the bootstrap image.
const bootstrapProgram = "/usr/local/bin/bootstrap"

// hostRunner runs commands of the bootstrap image on hosts of a cluster, with
// the host's root at /host: as a pod where the API answers, which every target
// has, or else by the target's own way to its hosts.
type hostRunner struct {
	session *session
	image   string
	// api is nil where the cluster cannot be asked at all; why says so.
	api *kube.Client
	why error
	// direct leaves the API out where the target has another way: for what
	// stops or restarts API servers, and must not be cut off by that.
	direct bool
	// detached starts pods' programs by the kubelet alone, so that they go on
	// when the connection is lost. They print when they have ended.
	detached bool
}

// hostRunner is a way to the hosts of a cluster that exists.
func (s *session) hostRunner(out target.Outputs) *hostRunner {
	spec := s.cluster.Spec
	r := &hostRunner{session: s, image: images.For(spec.KubernetesVersion, spec.Images.Registry).Bootstrap}
	r.api, r.why = s.connect(out)
	return r
}

// directly is a runner that goes through the API only where there is no other
// way.
func (r *hostRunner) directly() *hostRunner {
	other := *r
	other.direct = true
	return &other
}

// apart is a runner for what gives components other certificates: connections
// through the API end with those they were made with.
func (r *hostRunner) apart() *hostRunner {
	other := *r
	other.detached = true
	return &other
}

// run runs 'bootstrap ARGS' on a host. What it says on its standard error goes
// to command.Stderr, where that is given, and its end into the error.
func (r *hostRunner) run(ctx context.Context, host target.Host, command target.Command) error {
	reaching, reaches := r.session.target.(target.Reaching)
	said := &lastLines{}
	given := command.Stderr
	command.Stderr = said
	if given != nil {
		command.Stderr = io.MultiWriter(given, said)
	}
	if r.detached {
		// A pod's log is one stream for both.
		given := command.Stdout
		if command.Stdout = said; given != nil {
			command.Stdout = io.MultiWriter(given, said)
		}
	}
	if r.direct && reaches {
		return r.explain(host, command, said, r.byTarget(ctx, reaching, host, command))
	}
	err := r.byPod(ctx, host, command)
	switch {
	case !errors.Is(err, kube.ErrNotStarted) || ctx.Err() != nil:
		return r.explain(host, command, said, err)
	case reaches:
		return r.explain(host, command, said, r.byTarget(ctx, reaching, host, command))
	}
	return &phase.Failure{
		Err:  fmt.Errorf("running 'bootstrap %s' on host %q: %w", strings.Join(command.Args, " "), host.Name, err),
		Next: []string{r.line(command) + "   # on host " + host.Name},
	}
}

// byPod goes through the API, if it answers.
func (r *hostRunner) byPod(ctx context.Context, host target.Host, command target.Command) error {
	if r.api == nil {
		return fmt.Errorf("%w: %w", kube.ErrNotStarted, r.why)
	}
	if err := r.api.Healthz(ctx); err != nil {
		return fmt.Errorf("%w: %w", kube.ErrNotStarted, err)
	}
	return r.api.RunOnNode(ctx, kube.HostCommand{
		Node: host.Name, Image: r.image, Args: append([]string{bootstrapProgram}, command.Args...), Detached: r.detached,
		Stdin: command.Stdin, Stdout: command.Stdout, Stderr: command.Stderr,
	})
}

// byTarget goes the target's way, with the container engine of the host.
func (r *hostRunner) byTarget(ctx context.Context, reaching target.Reaching, host target.Host, command target.Command) error {
	flags := containerFlags
	if command.Stdin != nil {
		flags = append([]string{"--interactive"}, flags...)
	}
	script := `engine=docker; command -v docker >/dev/null 2>&1 || engine=podman; exec "$engine" run "$@"`
	command.Args = append(append(append([]string{"sh", "-c", script, "sh"}, flags...), r.image), command.Args...)
	return reaching.Run(ctx, r.session.cluster, host, command)
}

// containerFlags give a container of the bootstrap image its host.
var containerFlags = []string{"--rm", "--privileged", "--pid=host", "--net=host", "--volume", "/:/host"}

// line is what to type on a host to the same effect.
func (r *hostRunner) line(command target.Command) string {
	words := append([]string{"docker", "run"}, containerFlags...)
	if command.Stdin != nil {
		words = append(words, "--interactive")
	}
	for _, word := range append([]string{r.image}, command.Args...) {
		words = append(words, quote(word))
	}
	return strings.Join(words, " ")
}

// explain makes one error of what failed and of what the program said last.
func (r *hostRunner) explain(host target.Host, command target.Command, said *lastLines, err error) error {
	if err == nil {
		return nil
	}
	var onNode *kube.HostExitError
	var onTarget *target.ExitError
	code := 0
	switch {
	case errors.As(err, &onNode):
		code = onNode.Code
	case errors.As(err, &onTarget):
		code = onTarget.Code
	default:
		return fmt.Errorf("running 'bootstrap %s' on host %q: %w", strings.Join(command.Args, " "), host.Name, err)
	}
	return &phase.Failure{
		Err:     fmt.Errorf("'bootstrap %s' on host %q ended with status %d", strings.Join(command.Args, " "), host.Name, code),
		Subject: "what it said on " + host.Name,
		Log:     said.lines(),
		Next:    []string{r.line(command) + "   # on that host, to see all of it"},
	}
}

// lastLines keeps the end of what is written to it, by several at once too.
type lastLines struct {
	mu   sync.Mutex
	text []byte
}

// mostKept is how many bytes lastLines keeps.
const mostKept = 8 << 10

// Write never fails.
func (l *lastLines) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, p...)
	if extra := len(l.text) - mostKept; extra > 0 {
		l.text = append([]byte(nil), l.text[extra:]...)
	}
	return len(p), nil
}

// lines are the last ones, without empty ones.
func (l *lastLines) lines() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	var lines []string
	for line := range bytes.Lines(l.text) {
		if line = bytes.TrimRight(line, "\r\n"); len(line) > 0 {
			lines = append(lines, string(line))
		}
	}
	return lines[max(0, len(lines)-logLines):]
}

// askHost runs a verb of the bootstrap on one host and reads the JSON that it
// answers with.
func askHost[T any](ctx context.Context, r *hostRunner, host target.Host, verb string) (T, error) {
	var said bytes.Buffer
	var found T
	if err := r.run(ctx, host, target.Command{Args: []string{verb, "-o", "json"}, Stdout: &said}); err != nil {
		return found, err
	}
	if err := json.Unmarshal(said.Bytes(), &found); err != nil {
		return found, fmt.Errorf("reading what host %q answered to %q: %w", host.Name, verb, err)
	}
	return found, nil
}

// asksAtOnce is how many hosts are asked at the same time.
const asksAtOnce = 10

// someAtOnce asks every host something, asksAtOnce of them at a time.
func someAtOnce(hosts []target.Host, ask func(i int, host target.Host)) {
	slots := make(chan struct{}, asksAtOnce)
	var all sync.WaitGroup
	for i, host := range hosts {
		all.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			ask(i, host)
		})
	}
	all.Wait()
}
