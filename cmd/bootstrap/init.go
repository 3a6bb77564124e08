package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/membership"
)

// tokenTTL is how long hosts may join with a token, where nothing else is said.
const tokenTTL = 24 * time.Hour

// initialise makes the first control plane of a cluster. What happens is told
// on stderr: stdout has only the lines to paste.
func initialise(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	options := membership.InitOptions{Host: defaults(stderr), Interfaces: membership.SystemInterfaces{}, Out: stdout}
	flags := flag.NewFlagSet("init", flag.ContinueOnError)
	config := flags.String("config", "", "the cluster's config: a path below /host, or - for standard input; default: what the host was made with before, or all defaults")
	flags.StringVar(&options.Name, "name", "", "what the node is called; default: the host's name")
	flags.StringVar(&options.Address, "address", "", "the host's address for the cluster; default: the one in the hosts' network, or the one that leads out")
	flags.StringVar(&options.NodeCIDR, "node-cidr", "", "the network of all hosts; default: the config's, or that of the host's address")
	flags.Func("extra-san", "a further name or address that users reach the API by; may be given more than once", func(name string) error {
		options.ExtraSANs = append(options.ExtraSANs, name)
		return nil
	})
	flags.StringVar(&options.ImageArchive, "image-archive", "", "path on the host of an archive of all images; default: "+membership.DefaultArchive+", where there is one")
	flags.BoolVar(&options.Untaint, "untaint", false, "let ordinary pods run on this control plane")
	flags.DurationVar(&options.TokenTTL, "token-ttl", tokenTTL, "how long hosts may join with the lines that are printed")
	flags.StringVar(&options.Image, "image", "", "the bootstrap image that these lines name; default: the cluster's own")
	hostFlags(flags, &options.Host)
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if options.TokenTTL <= 0 {
		return fmt.Errorf("--token-ttl %s is over before it begins; write one such as 24h: %w", options.TokenTTL, errUsage)
	}
	var err error
	if options.Config, options.ConfigName, err = readConfig(*config, options.Host.HostRoot, stdin); err != nil {
		return err
	}
	options.Host.Runner = host.Exec{HostRoot: options.Host.HostRoot}
	return usageOf(membership.Init(ctx, options))
}

// readConfig reads a config by its path in this container or, as people will
// write it, on the host.
func readConfig(path, hostRoot string, stdin io.Reader) (text []byte, name string, err error) {
	switch path {
	case "":
		return nil, "config", nil
	case "-":
		text, err = io.ReadAll(stdin)
		if text == nil {
			text = []byte{}
		}
		name = "standard input"
	default:
		text, err = os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			if onHost, hostErr := os.ReadFile(filepath.Join(hostRoot, path)); hostErr == nil {
				text, err = onHost, nil
			}
		}
		name = path
	}
	if err != nil {
		return nil, "", fmt.Errorf("reading the config: %w; files of the host are below /host: %w", err, errUsage)
	}
	return text, name, nil
}

// hostFlags are those of every command that makes this host a node.
func hostFlags(flags *flag.FlagSet, options *host.Options) {
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	flags.DurationVar(&options.Patience, "timeout", options.Patience, "how long each wait may take")
}

// usageOf turns what cannot be meant into the exit code for that.
func usageOf(err error) error {
	if errors.Is(err, membership.ErrInput) {
		return fmt.Errorf("%w; %w", err, errUsage)
	}
	return err
}
