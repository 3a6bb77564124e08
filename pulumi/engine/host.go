package engine

import (
	"context"
	"errors"
	"fmt"
	"net"
	"sync"

	pkghost "github.com/pulumi/pulumi/pkg/v3/host"
	"github.com/pulumi/pulumi/pkg/v3/resource/plugin"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/diag"
	"github.com/pulumi/pulumi/sdk/v3/go/common/env"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/rpcutil"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
	pulumirpc "github.com/pulumi/pulumi/sdk/v3/proto/go"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/credentials/insecure"
	"google.golang.org/grpc/status"
	"google.golang.org/grpc/test/bufconn"
)

// host is Pulumi's plugin host with providers of this process added.
type host struct {
	plugin.Host
	providers map[string]Provider
	letGo     <-chan struct{}

	mu     sync.Mutex
	served map[*plugin.Context][]*served
}

var _ plugin.Host = (*host)(nil)

// newHost is an engine.HostFactory for the stack's providers.
func (s *Stack) newHost(ctx context.Context, sink, status diag.Sink, debug plugin.DebugContext) (plugin.Host, error) {
	// No loader, mapper or resolver: they serve programs in other languages.
	base, err := pkghost.New(ctx, sink, status, debug, nil, nil, nil, nil)
	if err != nil {
		return nil, fmt.Errorf("starting the plugin host: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return &host{Host: base, providers: s.options.Providers, letGo: s.letGo, served: map[*plugin.Context][]*served{}}, nil
}

// Provider serves a provider of this process, or else starts a plugin.
func (h *host) Provider(ctx *plugin.Context, descriptor workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	p, err := h.start(ctx, descriptor, e)
	if err != nil {
		return nil, err
	}
	return held{p, h.letGo}, nil
}

func (h *host) start(ctx *plugin.Context, descriptor workspace.PluginDescriptor, e env.Env) (plugin.Provider, error) {
	provider, ok := h.providers[descriptor.Name]
	if !ok || descriptor.Kind != apitype.ResourcePlugin {
		return h.Host.Provider(ctx, descriptor, e)
	}
	implementation, err := provider()
	if err != nil {
		return nil, fmt.Errorf("starting provider %q: %w", descriptor.Name, err)
	}
	p, err := attach(ctx, h.ServerAddr(), implementation)
	if err != nil {
		return nil, fmt.Errorf("attaching provider %q: %w", descriptor.Name, err)
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	h.served[ctx] = append(h.served[ctx], p)
	return p, nil
}

// SignalCancellation hands the user's first interrupt to every provider.
func (h *host) SignalCancellation() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	var errs []error
	for _, group := range h.served {
		for _, p := range group {
			errs = append(errs, p.SignalCancellation(context.Background()))
		}
	}
	return errors.Join(append(errs, h.Host.SignalCancellation())...)
}

// ReleaseContext closes what was served for one context.
func (h *host) ReleaseContext(ctx *plugin.Context) error {
	h.mu.Lock()
	group := h.served[ctx]
	delete(h.served, ctx)
	h.mu.Unlock()
	for _, p := range group {
		_ = p.Close()
	}
	return h.Host.ReleaseContext(ctx)
}

// served is a provider of this process and the connection to it.
type served struct {
	plugin.Provider
	server *grpc.Server
	conn   *grpc.ClientConn
	once   sync.Once
}

// Close ends the connection. It may be called twice: by the engine and by the
// host.
func (p *served) Close() error {
	p.once.Do(func() {
		_ = p.conn.Close()
		p.server.Stop()
	})
	return nil
}

// attach connects a provider to the engine through memory.
func attach(ctx *plugin.Context, engineAddress string, implementation pulumirpc.ResourceProviderServer) (*served, error) {
	listener := bufconn.Listen(1 << 20)
	server := grpc.NewServer(grpc.MaxRecvMsgSize(maxMessage))
	pulumirpc.RegisterResourceProviderServer(server, implementation)
	go func() { _ = server.Serve(listener) }()
	conn, err := grpc.NewClient("passthrough:///provider",
		grpc.WithContextDialer(func(ctx context.Context, _ string) (net.Conn, error) { return listener.DialContext(ctx) }),
		grpc.WithTransportCredentials(insecure.NewCredentials()),
		rpcutil.GrpcChannelOptions())
	if err != nil {
		server.Stop()
		return nil, err
	}
	client := pulumirpc.NewResourceProviderClient(conn)
	p := &served{Provider: plugin.NewProviderWithClient(ctx, client, false), server: server, conn: conn}
	if err := greet(ctx.Request(), p.Provider, client, engineAddress); err != nil {
		_ = p.Close()
		return nil, err
	}
	return p, nil
}

// greet tells a provider who calls. Both calls are newer than some providers.
func greet(ctx context.Context, p plugin.Provider, client pulumirpc.ResourceProviderClient, engineAddress string) error {
	_, err := p.Handshake(ctx, plugin.ProviderHandshakeRequest{
		EngineAddress:    engineAddress,
		ConfigureWithUrn: true, SupportsViews: true, SupportsRefreshBeforeUpdate: true,
		InvokeWithPreview: true, AcceptsByteString: true,
	})
	if err != nil && status.Code(err) != codes.Unimplemented {
		return fmt.Errorf("shaking hands: %w", err)
	}
	_, err = client.Attach(ctx, &pulumirpc.PluginAttach{Address: engineAddress})
	if err != nil && status.Code(err) != codes.Unimplemented {
		return fmt.Errorf("giving it the engine's address: %w", err)
	}
	return nil
}
