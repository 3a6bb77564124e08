package local

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/docker/docker/api/types/container"
	"github.com/docker/docker/pkg/stdcopy"
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

func run(ctx context.Context, docker Docker, host string, command ...string) (Output, error) {
	fail := func(err error) (Output, error) {
		return Output{}, fmt.Errorf("running %q on host %q: %w", strings.Join(command, " "), host, err)
	}
	made, err := docker.ContainerExecCreate(ctx, host, container.ExecOptions{
		Cmd: command, AttachStdout: true, AttachStderr: true,
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
	var stdout, stderr bytes.Buffer
	if _, err := stdcopy.StdCopy(&stdout, &stderr, stream.Reader); err != nil {
		return fail(err)
	}
	state, err := docker.ContainerExecInspect(ctx, made.ID)
	if err != nil {
		return fail(err)
	}
	return Output{Stdout: stdout.String(), Stderr: stderr.String(), Code: state.ExitCode}, nil
}
