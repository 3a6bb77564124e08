// Command bootstrap is the program of the bootstrap image: it makes the host
// it runs on a node of a cluster.
package main

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/metadata"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/store"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/manager"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/probe"
)

// version is set by the linker.
var version = "dev"

const usage = `bootstrap makes the host it runs on a node of a Kubernetes cluster.

  # Make this host what the bundle says, or bring it up to date
  docker run --rm --privileged --pid=host --net=host -v /:/host IMAGE apply --bundle file:///path/bundle.json

  # Make this host the first of a cluster; prints how others join
  docker run --rm --privileged --pid=host --net=host -v /:/host IMAGE init [--config /host/path/cluster.json]

  # Make this host a node of a cluster that runs
  docker run --rm --privileged --pid=host --net=host -v /:/host IMAGE join ADDRESS:6443 --token … --ca-cert-hash sha256:…

  # On a control plane: make, list and take away what hosts join with
  docker run --rm --privileged --net=host -v /:/host IMAGE token create [--control-plane] | list | delete ID

  # List all that was put on this host; with --yes, take it away
  docker run --rm --privileged --pid=host --net=host -v /:/host IMAGE reset [--yes]

  # Show what this host says about itself, which its config depends on
  docker run --rm --privileged --pid=host --net=host -v /:/host IMAGE facts >facts.json

  # Show the Ignition config of a host without touching one
  bootstrap render --bundle bundle.json --facts facts.json

  # Renew the certificates of a control plane that are near their end, or all
  bootstrap renew [--force]

  # List the certificates of a host
  bootstrap certs [-o json]

  # Name the files of a host that somebody changed since the last apply
  bootstrap drift [-o json]

  # On a control plane: etcd's members, a copy of its data, and back
  bootstrap etcd status | snapshot [--to FILE|-] | restore --snapshot FILE|- [--members NAME=ADDRESS,…] [--yes]

  # Take off a host what a network layer has left; ready it for another
  bootstrap network clean --leftovers JSON [--pods CIDR,…] | prepare --kernel JSON

  # Keep the addons of a cluster as its config says
  bootstrap addon-manager --kubeconfig FILE --cluster FILE

  # Pass connections on to whichever API server works
  bootstrap balance --listen 127.0.0.1:6444 --backend HOST:6443 --backend HOST:6443

  # Make volumes on the disk of the node that this pod runs on
  bootstrap local-storage --node NAME

  # Ask, from inside a pod, whether a name resolves, a service answers, or the
  # kernel can do something
  bootstrap probe lookup NAME | get URL | serve ADDRESS | nftables RULE

  bootstrap version
`

// Exit codes.
const (
	exitFailed      = 1
	exitUsage       = 2
	exitTimedOut    = 124
	exitInterrupted = 130
)

// errUsage is a command line that means nothing; what is wrong was said.
var errUsage = errors.New("see 'bootstrap help'")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	interrupted := ctx.Err() != nil
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "bootstrap: %v\n", err)
		os.Exit(exitCode(err, interrupted))
	}
}

// exitCode follows the conventions of kubectl anywhere.
func exitCode(err error, interrupted bool) int {
	switch {
	case interrupted:
		return exitInterrupted
	case errors.Is(err, errUsage):
		return exitUsage
	case errors.Is(err, context.DeadlineExceeded):
		return exitTimedOut
	}
	return exitFailed
}

func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		_, _ = io.WriteString(stderr, usage)
		return errUsage
	}
	switch command, args := args[0], args[1:]; command {
	case "apply":
		return apply(ctx, args, stdin, stdout, stderr)
	case "init":
		return initialise(ctx, args, stdin, stdout, stderr)
	case "join":
		return join(ctx, args, stdout, stderr)
	case "token":
		return token(ctx, args, stdout, stderr)
	case "renew":
		return renew(ctx, args, stdout, stderr)
	case "certs":
		return certs(args, stdout, stderr)
	case "drift":
		return drift(args, stdout, stderr)
	case "reset":
		return reset(ctx, args, stdout, stderr)
	case "etcd":
		return etcdCommand(ctx, args, stdin, stdout, stderr)
	case "network":
		return network(ctx, args, stdout, stderr)
	case "facts":
		return facts(ctx, args, stdout, stderr)
	case "render":
		return render(args, stdout, stderr)
	case "addon-manager":
		return addonManager(ctx, args, stderr)
	case "balance":
		return balancer(ctx, args, stdout, stderr)
	case "local-storage":
		return localStorage(ctx, args, stderr)
	case "probe":
		return probe.Run(ctx, args, stdout)
	case "version":
		_, err := fmt.Fprintln(stdout, version)
		return err
	case "help", "-h", "--help":
		_, err := io.WriteString(stdout, usage)
		return err
	default:
		return fmt.Errorf("%q is no command of bootstrap: %w", command, errUsage)
	}
}

// parse reads flags; none of the commands takes anything else.
func parse(flags *flag.FlagSet, args []string, stderr io.Writer) error {
	flags.SetOutput(stderr)
	if err := flags.Parse(args); err != nil {
		return fmt.Errorf("%w: %w", errUsage, err)
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("%q is no flag of %s: %w", flags.Arg(0), flags.Name(), errUsage)
	}
	return nil
}

func apply(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	options := defaults(stdout)
	options.Stdin = stdin
	flags := flag.NewFlagSet("apply", flag.ContinueOnError)
	flags.StringVar(&options.Bundle, "bundle", "", "the node bundle: file:///path on the host, - for standard input, or the URL of a secret (gcpsecretmanager, awssecretsmanager, azurekeyvault)")
	flags.StringVar(&options.Name, "name", "", "what a worker's node is called, instead of the host's own name")
	flags.StringVar(&options.BundleSHA256, "bundle-sha256", "", "what the bundle must hash to")
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	flags.StringVar(&options.Address, "address", "", "the one of the host's addresses that counts; default: the one in the nodes' network")
	flags.DurationVar(&options.Patience, "timeout", options.Patience, "how long each wait may take")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if options.Bundle == "" {
		return fmt.Errorf("apply needs --bundle: %w", errUsage)
	}
	return applyOptions(ctx, options)
}

// applyOptions completes what depends on where the host's root is.
func applyOptions(ctx context.Context, options host.Options) error {
	options.Runner = host.Exec{HostRoot: options.HostRoot}
	return host.Apply(ctx, options)
}

// defaults are the real world.
func defaults(log io.Writer) host.Options {
	return host.Options{
		HostRoot: "/host", Log: log,
		Stores: store.New(), Metadata: metadata.New(),
		Prober: host.HTTPProber{}, Nodes: host.HTTPNodes{}, Etcd: host.RealEtcd{}, API: node.LocalAPI, Network: host.SystemNetwork{}, Now: time.Now, Rand: rand.Reader,
		IgnitionApply: "ignition-apply", CNIPlugins: "/opt/cni/bin",
		Patience: 10 * time.Minute, Pause: 200 * time.Millisecond,
	}
}

func render(args []string, stdout, stderr io.Writer) error {
	flags := flag.NewFlagSet("render", flag.ContinueOnError)
	bundle := flags.String("bundle", "", "the file of the node bundle")
	about := flags.String("facts", "", "the file of the host's facts")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if *bundle == "" || *about == "" {
		return fmt.Errorf("render needs --bundle and --facts: %w", errUsage)
	}
	config, err := host.Render(*bundle, *about, rand.Reader)
	if err != nil {
		return err
	}
	encoder := json.NewEncoder(stdout)
	encoder.SetIndent("", "  ")
	return encoder.Encode(config)
}

func addonManager(ctx context.Context, args []string, stderr io.Writer) error {
	options := manager.Options{Log: stderr}
	flags := flag.NewFlagSet("addon-manager", flag.ContinueOnError)
	flags.StringVar(&options.Kubeconfig, "kubeconfig", node.AddonManagerPath, "how to reach the API")
	flags.StringVar(&options.ClusterFile, "cluster", node.ClusterPath, "the cluster's config and endpoint")
	flags.StringVar(&options.Listen, "listen", "", "address to tell health and metrics at; none by default")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	return manager.Run(ctx, options)
}
