package local

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/docker/docker/api/types/container"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestRun_TellsACommandThatSaidNo(t *testing.T) {
	docker := newFake()
	docker.answers["a: false"] = Output{Stderr: "no\n", Code: 3}
	var stderr strings.Builder
	err := testTarget(docker).Run(t.Context(), demo(), target.Host{Name: "a"}, target.Command{Args: []string{"false"}, Stderr: &stderr})
	var exit *target.ExitError
	if !errors.As(err, &exit) || exit.Code != 3 || exit.Host != "a" || stderr.String() != "no\n" {
		t.Errorf("got %v, %q", err, stderr.String())
	}
}

// A real Docker is asked: its streams end, break and close in their own ways.
func TestRun_PassesStreamsOfAnyLength(t *testing.T) {
	docker := requireDocker(t)
	made, err := docker.ContainerCreate(t.Context(), &container.Config{
		Image: defaultHostImage, Entrypoint: []string{"sleep", "600"},
	}, nil, nil, nil, "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = docker.ContainerRemove(context.Background(), made.ID, container.RemoveOptions{Force: true, RemoveVolumes: true})
	})
	if err := docker.ContainerStart(t.Context(), made.ID, container.StartOptions{}); err != nil {
		t.Fatal(err)
	}
	l, host := New(), target.Host{Name: made.ID}

	var out, problems bytes.Buffer
	long := bytes.Repeat([]byte("0123456789abcdef"), 1<<18) // 4 MB
	err = l.Run(t.Context(), nil, host, target.Command{Args: []string{"tee", "/tmp/kept"}, Stdin: bytes.NewReader(long), Stdout: &out, Stderr: &problems})
	if err != nil || !bytes.Equal(out.Bytes(), long) || problems.Len() != 0 {
		t.Errorf("of %d bytes %d came back: %v, %q", len(long), out.Len(), err, problems.String())
	}
	// Who reads nothing of its input ends all the same.
	if err := l.Run(t.Context(), nil, host, target.Command{Args: []string{"true"}, Stdin: bytes.NewReader(long)}); err != nil {
		t.Error(err)
	}
	var exit *target.ExitError
	if err := l.Run(t.Context(), nil, host, target.Command{Args: []string{"sh", "-c", "cat >/dev/null; exit 7"}, Stdin: strings.NewReader("x")}); !errors.As(err, &exit) || exit.Code != 7 {
		t.Errorf("got %v", err)
	}
	// A file that cannot be read to its end is no shorter file.
	broken := io.MultiReader(bytes.NewReader(long[:1000]), iotest.ErrReader(os.ErrClosed))
	if err := l.Run(t.Context(), nil, host, target.Command{Args: []string{"cat"}, Stdin: broken}); !errors.Is(err, os.ErrClosed) {
		t.Errorf("got %v", err)
	}
	limited, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	if err := l.Run(limited, nil, host, target.Command{Args: []string{"sleep", "30"}}); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}
