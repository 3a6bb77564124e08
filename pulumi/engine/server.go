package engine

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"time"

	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/protobuf/types/known/emptypb"
)

// maxMessage is the size of message that Pulumi's own servers take.
const maxMessage = 400 << 20

// server answers the engine for one operation: it runs the program and takes
// the events. It listens on a socket in a folder of mode 0700, not on a port:
// who could call it could have the program send its secrets anywhere.
type server struct {
	grpc    *grpc.Server
	folder  string
	address string
}

// longestSocket is how long the path of a socket may be on every system.
const longestSocket = 100

func serve(home string, program *program, events *recorder) (*server, error) {
	sweep(home)
	folder, err := os.MkdirTemp(home, "run")
	if err == nil && len(filepath.Join(folder, "s")) > longestSocket {
		os.Remove(folder)
		folder, err = os.MkdirTemp("", "anywhere")
	}
	if err != nil {
		return nil, fmt.Errorf("making a folder for the engine's socket: %w", err)
	}
	socket := filepath.Join(folder, "s")
	listener, err := net.Listen("unix", socket)
	if err != nil {
		os.RemoveAll(folder)
		return nil, fmt.Errorf("listening on the engine's socket: %w", err)
	}
	s := &server{
		grpc:    grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage)),
		folder:  folder,
		address: "unix:" + filepath.ToSlash(socket),
	}
	pulumirpc.RegisterLanguageRuntimeServer(s.grpc, program)
	pulumirpc.RegisterEventsServer(s.grpc, &eventStream{recorder: events})
	go func() { _ = s.grpc.Serve(listener) }()
	return s, nil
}

// sweep takes away the sockets of runs that were killed: nobody answers there.
// A young one may be about to be listened on.
func sweep(home string) {
	folders, _ := filepath.Glob(filepath.Join(home, "run*"))
	for _, folder := range folders {
		info, err := os.Stat(folder)
		if err != nil || time.Since(info.ModTime()) < time.Minute {
			continue
		}
		conn, err := net.DialTimeout("unix", filepath.Join(folder, "s"), time.Second)
		if err != nil {
			os.RemoveAll(folder)
			continue
		}
		conn.Close()
	}
}

// stop waits a moment for the program to return; one that hangs after a
// second interrupt is cut off.
func (s *server) stop() {
	done := make(chan struct{})
	go func() {
		s.grpc.GracefulStop()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Second):
		s.grpc.Stop()
	}
	os.RemoveAll(s.folder)
}

// eventStream takes the engine's events, one after the other.
type eventStream struct {
	pulumirpc.UnimplementedEventsServer
	recorder *recorder
}

var _ pulumirpc.EventsServer = (*eventStream)(nil)

// StreamEvents returns when the engine has sent its last event.
func (e *eventStream) StreamEvents(stream grpc.ClientStreamingServer[pulumirpc.EventRequest, emptypb.Empty]) error {
	for {
		request, err := stream.Recv()
		if err != nil {
			// The end of the stream, or of the engine: both end the events.
			return stream.SendAndClose(&emptypb.Empty{})
		}
		var event apitype.EngineEvent
		if err := json.Unmarshal([]byte(request.GetEvent()), &event); err != nil {
			return fmt.Errorf("reading an event of the engine: %w", err)
		}
		e.recorder.record(event)
	}
}
