package engine

import (
	"fmt"
	"net"

	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
)

// Serve offers a provider on a port of the loopback interface, for an engine
// in another process: the stock program finds it by
// PULUMI_DEBUG_PROVIDERS=name:port. Stacks of this process need no port; give
// them the provider in Options.Providers. Any user of this machine can reach
// the port while it is open.
func Serve(provider pulumirpc.ResourceProviderServer) (port int, stop func(), err error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return 0, nil, fmt.Errorf("serving a provider: %w", err)
	}
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage))
	pulumirpc.RegisterResourceProviderServer(server, provider)
	go func() { _ = server.Serve(listener) }()
	return listener.Addr().(*net.TCPAddr).Port, server.Stop, nil
}
