package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"net"
	"os"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/balance"
)

// balancer passes connections on to the API servers of a cluster until it is
// told to end.
func balancer(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options := balance.Options{Log: stdout}
	var authority, pair string
	flags := flag.NewFlagSet("balance", flag.ContinueOnError)
	flags.StringVar(&options.Listen, "listen", "127.0.0.1:6444", "where to take connections, host:port")
	flags.Func("backend", "an API server, host:port; once for each", func(address string) error {
		options.Backends = append(options.Backends, address)
		return nil
	})
	flags.StringVar(&authority, "authority", "", "the file of the certificates that the API servers' are verified by; without it their health is not verified")
	flags.StringVar(&pair, "learn", "", "the file of a kubelet's certificate and key: with it the API is asked now and then which servers there are; needs --authority")
	flags.StringVar(&options.Keep, "keep", "", "the file that keeps what was learned for the next start")
	flags.DurationVar(&options.Interval, "interval", 0, "how long between two looks at each API server; 0 is 1s")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if len(options.Backends) == 0 || pair != "" && authority == "" {
		return fmt.Errorf("balance needs --backend, and --learn needs --authority: %w", errUsage)
	}
	if authority != "" {
		var err error
		if options.Authority, err = os.ReadFile(authority); err != nil {
			return fmt.Errorf("reading the cluster's authority: %w", err)
		}
	}
	if pair != "" {
		address, err := throughItself(options.Listen)
		if err != nil {
			return fmt.Errorf("reading --listen: %w: %w", err, errUsage)
		}
		options.Learn = balance.Service{Address: address, Pair: pair, Authority: options.Authority}
	}
	b, err := balance.Listen(options)
	if err != nil {
		return err
	}
	return b.Serve(ctx)
}

// throughItself is the address by which the balancer reaches the API as its
// clients do.
func throughItself(listen string) (string, error) {
	host, port, err := net.SplitHostPort(listen)
	if err != nil {
		return "", err
	}
	if address := net.ParseIP(host); host == "" || address != nil && address.IsUnspecified() {
		host = "127.0.0.1"
	}
	return net.JoinHostPort(host, port), nil
}
