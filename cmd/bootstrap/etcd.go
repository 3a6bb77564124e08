package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"strings"
	"text/tabwriter"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/etcd"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/host"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// etcdCommand dispatches what is done with etcd on a control plane.
func etcdCommand(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	if len(args) == 0 {
		return fmt.Errorf("etcd needs one of status, snapshot, restore, stop, start: %w", errUsage)
	}
	switch verb, args := args[0], args[1:]; verb {
	case "status":
		return etcdStatus(ctx, args, stdout, stderr)
	case "snapshot":
		return etcdSnapshot(ctx, args, stdout, stderr)
	case "restore":
		return etcdRestore(ctx, args, stdin, stdout, stderr)
	case "stop", "start":
		options := defaults(stdout)
		if err := parse(etcdFlags(verb, &options), args, stderr); err != nil {
			return err
		}
		if verb == "stop" {
			return host.StopEtcd(ctx, options, host.Listening)
		}
		return host.StartEtcd(ctx, options)
	default:
		return fmt.Errorf("%q is no command of etcd: want status, snapshot, restore, stop or start: %w", verb, errUsage)
	}
}

// etcdFlags are those of all verbs.
func etcdFlags(verb string, options *host.Options) *flag.FlagSet {
	flags := flag.NewFlagSet("etcd "+verb, flag.ContinueOnError)
	flags.StringVar(&options.HostRoot, "host-root", options.HostRoot, "where the root of the host is mounted")
	flags.DurationVar(&options.Patience, "timeout", options.Patience, "how long each wait may take")
	return flags
}

func etcdStatus(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options := defaults(stderr)
	flags := etcdFlags("status", &options)
	output := flags.String("o", "", "json, or a table")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if *output != "" && *output != "json" {
		return fmt.Errorf("-o %s: want json: %w", *output, errUsage)
	}
	found, err := host.EtcdStatus(ctx, options)
	if err != nil {
		return err
	}
	if *output == "json" {
		encoder := json.NewEncoder(stdout)
		encoder.SetIndent("", "  ")
		return encoder.Encode(map[string][]etcd.MemberStatus{"members": found})
	}
	table := tabwriter.NewWriter(stdout, 0, 8, 3, ' ', 0)
	fmt.Fprintln(table, "MEMBER\tADDRESS\tROLE\tSIZE\tREVISION\tVERSION\tSTATE")
	for _, m := range found {
		fmt.Fprintf(table, "%s\t%s\t%s\t%.1f MB\t%d\t%s\t%s\n", m.Name, m.Address, m.Role(), float64(m.DBSize)/1e6, m.Revision, m.Version, m.State())
	}
	return table.Flush()
}

func etcdSnapshot(ctx context.Context, args []string, stdout, stderr io.Writer) error {
	options := defaults(stdout)
	wanted := host.SnapshotOptions{Stdout: stdout, URL: node.EtcdClientURL("127.0.0.1")}
	flags := etcdFlags("snapshot", &options)
	flags.StringVar(&wanted.To, "to", "", "the file on the host to write, or - for standard output")
	flags.StringVar(&wanted.Folder, "to-dir", "", "the folder on the host to put a file with the time in its name into; default "+node.SnapshotFolder)
	flags.IntVar(&wanted.Keep, "keep", 8, "how many of the newest files of the folder stay")
	flags.BoolVar(&wanted.Scheduled, "scheduled", false, "do nothing where the cluster's config takes no snapshots")
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	switch {
	case wanted.To != "" && wanted.Folder != "":
		return fmt.Errorf("give --to or --to-dir, not both: %w", errUsage)
	case wanted.Keep < 1:
		return fmt.Errorf("--keep %d: at least the new one stays: %w", wanted.Keep, errUsage)
	case wanted.To == "" && wanted.Folder == "":
		wanted.Folder = node.SnapshotFolder
	case wanted.To == "-":
		options.Log = stderr // the snapshot is all that may be on the other stream
	}
	return host.Snapshot(ctx, options, wanted)
}

func etcdRestore(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) error {
	options := defaults(stdout)
	options.Stdin = stdin
	wanted := host.RestoreOptions{Listening: host.Listening}
	flags := etcdFlags("restore", &options)
	flags.StringVar(&wanted.Snapshot, "snapshot", "", "the file on the host, or - for standard input")
	flags.StringVar(&wanted.Token, "token", "", "what tells the restored cluster from the one before; the same on every control plane, another one for every restore")
	flags.BoolVar(&wanted.StayStopped, "stay-stopped", false, "leave the start to 'etcd start'")
	flags.BoolVar(&wanted.Yes, "yes", false, "do it; without, only say what would be done")
	flags.Func("members", "all control planes of the restored cluster: name=address,…", func(text string) (err error) {
		wanted.Members, err = parseMembers(text)
		return err
	})
	if err := parse(flags, args, stderr); err != nil {
		return err
	}
	if wanted.Snapshot == "" {
		return fmt.Errorf("etcd restore needs --snapshot: %w", errUsage)
	}
	err := host.Restore(ctx, options, wanted)
	if errors.Is(err, host.ErrRestoreNotConfirmed) {
		return fmt.Errorf("%w: %w", err, errUsage)
	}
	return err
}

// parseMembers reads name=address,….
func parseMembers(text string) ([]node.Member, error) {
	var out []node.Member
	for _, part := range strings.Split(text, ",") {
		name, address, ok := strings.Cut(part, "=")
		if _, err := netip.ParseAddr(address); !ok || name == "" || err != nil {
			return nil, fmt.Errorf("%q is no name=address", part)
		}
		out = append(out, node.Member{Name: name, Address: address})
	}
	return out, nil
}
