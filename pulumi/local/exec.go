package local

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/docker/docker/api/types"
	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Output is what a command on a host said.
type Output struct {
	Stdout, Stderr string
	Code           int
}

// Exec runs a command on a host, as root.
func (t *Target) Exec(ctx context.Context, host string, command ...string) (Output, error) {
	docker, err := t.connect()
	if err != nil {
		return Output{}, err
	}
	return run(ctx, docker, host, command...)
}

var _ target.Reaching = (*Target)(nil)

// Run implements target.Reaching. When the context ends so does the
// connection; the command itself may go on.
func (t *Target) Run(ctx context.Context, _ *config.Cluster, host target.Host, command target.Command) error {
	docker, err := t.connect()
	if err != nil {
		return err
	}
	code, err := attach(ctx, docker, host.Name, command)
	if err == nil && code != 0 {
		err = &target.ExitError{Host: host.Name, Args: command.Args, Code: code}
	}
	return err
}

func run(ctx context.Context, docker Docker, host string, command ...string) (Output, error) {
	var stdout, stderr bytes.Buffer
	code, err := attach(ctx, docker, host, target.Command{Args: command, Stdout: &stdout, Stderr: &stderr})
	if err != nil {
		return Output{}, err
	}
	return Output{Stdout: stdout.String(), Stderr: stderr.String(), Code: code}, nil
}

// exitLimit is how long Docker may take to know the status of a command whose
// output has ended.
const exitLimit = 10 * time.Second

// attach runs a command with streams and returns its status.
func attach(ctx context.Context, docker Docker, host string, command target.Command) (int, error) {
	fail := func(err error) (int, error) {
		if ctx.Err() != nil {
			err = ctx.Err() // rather than that the connection is closed
		}
		return 0, fmt.Errorf("running %q on host %q: %w", strings.Join(command.Args, " "), host, err)
	}
	made, err := docker.ContainerExecCreate(ctx, host, container.ExecOptions{
		Cmd: command.Args, AttachStdin: command.Stdin != nil, AttachStdout: true, AttachStderr: true,
	})
	if err != nil {
		return fail(err)
	}
	stream, err := docker.ContainerExecAttach(ctx, made.ID, container.ExecAttachOptions{})
	if err != nil {
		return fail(err)
	}
	defer stream.Close()
	// Reading from a hijacked connection knows no context: closing it does.
	stop := context.AfterFunc(ctx, stream.Close)
	defer stop()
	input := &source{reader: command.Stdin}
	if command.Stdin != nil {
		go feed(&stream, input)
	}
	_, err = stdcopy.StdCopy(orDiscard(command.Stdout), orDiscard(command.Stderr), stream.Reader)
	if broken := input.failure(); broken != nil {
		err = fmt.Errorf("reading its input: %w", broken)
	}
	if err != nil {
		return fail(err)
	}
	code := 0
	err = until(ctx, exitLimit, func() (bool, error) {
		state, err := docker.ContainerExecInspect(ctx, made.ID)
		code = state.ExitCode
		return err == nil && !state.Running, err
	})
	if err != nil {
		return fail(err)
	}
	return code, nil
}

// feed gives a command its input. Nobody need read all of it.
func feed(stream *types.HijackedResponse, input *source) {
	_, _ = io.Copy(stream.Conn, input)
	if input.failure() == nil {
		_ = stream.CloseWrite()
		return
	}
	stream.Close() // else the command would take a part for the whole
}

func orDiscard(w io.Writer) io.Writer {
	if w == nil {
		return io.Discard
	}
	return w
}
