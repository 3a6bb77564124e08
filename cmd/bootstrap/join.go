package main

import (
	"context"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/membership"
)

// welcomeTime is how long a new cluster may take to let hosts in: until its
// addon-manager runs.
const welcomeTime = 2 * time.Minute

// join makes this host a node of a cluster that runs.
func join(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options := membership.JoinOptions{Host: defaults(stderr), Patience: welcomeTime}
	flags := flag.NewFlagSet("join", flag.ContinueOnError)
	flags.StringVar(&options.Token, "token", "", "the bootstrap token, id.secret")
	flags.Func("ca-cert-hash", "sha256:… of the cluster's authority; may be given more than once", func(pin string) error {
		options.Pins = append(options.Pins, pin)
		return nil
	})
	flags.BoolVar(&options.ControlPlane, "control-plane", false, "make this host a control plane")
	flags.StringVar(&options.CertificateKey, "certificate-key", "", "what opens the credentials of a control plane")
	flags.StringVar(&options.Pool, "pool", "", "the pool of this worker; needed where there are several")
	flags.StringVar(&options.Name, "name", "", "what the node is called; default: the host's name")
	flags.StringVar(&options.Address, "address", "", "the host's address for the cluster; default: the one in the hosts' network")
	flags.StringVar(&options.ImageArchive, "image-archive", "", "path on the host of an archive of all images; default: "+membership.DefaultArchive+", where there is one")
	flags.BoolVar(&options.Untaint, "untaint", false, "let ordinary pods run on this control plane")
	hostFlags(flags, &options.Host)
	server, rest := subject(args)
	options.Server = server
	if err := parse(flags, rest, stderr); err != nil {
		return err
	}
	options.Host.Runner = host.Exec{HostRoot: options.Host.HostRoot}
	if err := usageOf(membership.Join(ctx, options)); err != nil {
		return err
	}
	_, err := fmt.Fprintln(stdout, "This host is a node of the cluster at "+options.Server+".")
	return err
}

// subject takes the one word that comes before the flags; package flag would
// stop there.
func subject(args []string) (word string, rest []string) {
	if len(args) > 0 && !strings.HasPrefix(args[0], "-") {
		return args[0], args[1:]
	}
	return "", args
}
