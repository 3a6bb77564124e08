package cli

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/support"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

type supportFlags struct {
	clusterFlags
	To     string
	NoPods bool
}

func newSupportBundle(env Environment) *cobra.Command {
	flags := &supportFlags{}
	cmd := &cobra.Command{
		Use:   "support-bundle [NAME]",
		Short: "Pack what is known of a cluster, without its secrets",
		Long: `Pack what is known of a cluster, without its secrets, into one archive: config,
rendered files, plan, status, doctor's findings, and of each host and of the
cluster its logs and events.

What cannot be had is named in errors.txt, and is no reason to fail: it works
with an API that does not answer, and with nothing but a config. Private keys,
tokens and passwords are taken out. Read it before you send it.`,
		Example: `  # Pack it into the folder one is in
  kubectl anywhere support-bundle

  # Pack it into a file, without starting pods in the cluster
  kubectl anywhere support-bundle anywhere --to /tmp/bundle.tar.gz --no-pods`,
		Args: atMostName,
		RunE: func(cmd *cobra.Command, args []string) error {
			s, err := flags.open(env, cmd, args, nil)
			if err != nil {
				return err
			}
			return s.packSupport(cmd.Context(), flags)
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().StringVarP(&flags.To, "to", "o", "", "`FILE` to write (default kubernetes-anywhere-NAME-DATE.tar.gz)")
	cmd.Flags().BoolVar(&flags.NoPods, "no-pods", false, "Start no pods in the cluster: neither to look at its network, nor to reach hosts")
	return cmd
}

// bundling is one run of support-bundle.
type bundling struct {
	*session
	flags *supportFlags
	// scratch is a folder for what commands write, and the config.
	scratch string
	out     target.Outputs
	// records are what the state lists, without its secrets.
	records []engine.Resource
	api     *kube.Client
	// complete tells that there are hosts to be asked; answers that the API is.
	complete, answers bool
	errs              []string
}

// supportWords begin the archive's README.
const supportWords = `# Support bundle of cluster %q

Made by kubectl anywhere on %s. What looked like a private key, token or password
was taken out, as was what the cluster's state knows to be one; the last lines
say how much. Names, addresses and logs of the cluster are in it: read it before
you send it.
`

func (s *session) packSupport(ctx context.Context, flags *supportFlags) error {
	now := time.Now()
	name := fmt.Sprintf("kubernetes-anywhere-%s-%s", s.cluster.Metadata.Name, now.UTC().Format("20060102-150405"))
	to := flags.To
	if to == "" {
		to = name + ".tar.gz"
	}
	if _, err := os.Stat(to); err == nil {
		return &usageError{fmt.Errorf("--to %s: the file exists; name a new one, or remove it first", to)}
	}
	scratch, err := os.MkdirTemp("", "anywhere-support")
	if err != nil {
		return fmt.Errorf("making a folder to collect in: %w", err)
	}
	defer os.RemoveAll(scratch)
	b := &bundling{session: s, flags: flags, scratch: scratch}
	secrets := b.open(ctx)
	collection := support.Collect(ctx, b.lanes(), support.NewRedactor(secrets), func(path string) { s.narrate("collecting " + path) })
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted while collecting: %w", ctx.Err())
	}
	collection.Errors = append(b.errs, collection.Errors...)
	size, err := writeArchive(to, func(w io.Writer) error {
		return collection.Write(w, name, now, fmt.Sprintf(supportWords, s.cluster.Metadata.Name, now.UTC().Format(time.RFC1123)))
	})
	if err != nil {
		return err
	}
	if _, err := fmt.Fprintln(s.env.Out, to); err != nil {
		return fmt.Errorf("printing the archive's name: %w", err)
	}
	s.narrate(fmt.Sprintf("\n%s, %.1f MB packed; %s could not be had", count(len(collection.Files), "file"), float64(size)/1e6, count(len(collection.Errors), "thing")))
	taken := 0
	for _, n := range collection.Redacted {
		taken += n
	}
	s.narrate(fmt.Sprintf("%s taken out. Read it before you send it:\n\nNext: tar -xzf %s && less %s/README.md", count(taken, "secret"), quote(to), name))
	return nil
}

// writeArchive writes a file that nobody else may read: whole, or not at all.
func writeArchive(path string, write func(io.Writer) error) (size int64, err error) {
	file, err := os.CreateTemp(filepath.Dir(path), ".support-bundle-") // 0600
	if err != nil {
		return 0, fmt.Errorf("making the archive: %w", err)
	}
	defer os.Remove(file.Name())
	err = write(file)
	info, statErr := file.Stat()
	if err = errors.Join(err, statErr, file.Close()); err != nil {
		return 0, fmt.Errorf("writing the archive: %w", err)
	}
	if err := os.Rename(file.Name(), path); err != nil {
		return 0, fmt.Errorf("writing the archive: %w", err)
	}
	return info.Size(), nil
}

// open reads the state, and returns the secrets that it and this machine know.
func (b *bundling) open(ctx context.Context) map[string]string {
	secrets := map[string]string{}
	if phrase, err := b.dir.SavedPassphrase(); err == nil && phrase != "" {
		secrets[phrase] = "passphrase"
	}
	if phrase := b.env.Getenv(passphraseVariable); phrase != "" {
		secrets[phrase] = "passphrase"
	}
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	stack, err := b.existing(ctx, func(string) {})
	switch {
	case err != nil:
		b.errs = append(b.errs, "state: "+err.Error())
		return secrets
	case stack == nil:
		b.errs = append(b.errs, "state: there is none: the cluster was never created, or is deleted")
		return secrets
	}
	defer stack.Close()
	records, err := stack.Records(ctx)
	if err != nil {
		b.errs = append(b.errs, "state: "+err.Error())
	}
	for _, r := range records {
		b.records = append(b.records, r.Resource)
		secretsOf(r, secrets)
	}
	values, err := stack.Outputs(ctx)
	if err == nil {
		b.out, err = target.ParseOutputs(values)
	}
	if err != nil {
		b.errs = append(b.errs, "state: "+err.Error())
		return secrets
	}
	b.complete = true
	if b.api, err = b.connect(b.out); err == nil {
		reach, cancel := context.WithTimeout(ctx, 10*time.Second)
		defer cancel()
		err = b.api.Healthz(reach)
	}
	b.answers = err == nil
	if err != nil {
		b.errs = append(b.errs, "api: "+err.Error())
	}
	return secrets
}

// lanes are what is collected: side by side, and within each in order. The
// commands share this process and its engine, and go one after the other.
func (b *bundling) lanes() [][]support.Item {
	lanes := [][]support.Item{b.commands()}
	if b.complete {
		for _, host := range b.out.Hosts {
			lanes = append(lanes, b.hostItems(host))
		}
		if len(b.out.Pools) > 0 {
			lanes = append(lanes, []support.Item{b.pooled()})
		}
	}
	if b.answers {
		lanes = append(lanes, b.objects(), b.logs())
	}
	return lanes
}

// commands are what our own commands say, and what they read.
func (b *bundling) commands() []support.Item {
	items := []support.Item{
		{Path: "cluster.json", About: "the config, defaults filled in", Collect: support.One(func(context.Context) ([]byte, error) { return config.Marshal(b.cluster) })},
		{Path: "version.json", About: "`kubectl anywhere version`", Collect: support.One(func(ctx context.Context) ([]byte, error) { return b.command(ctx, "version", "-o", "json") })},
		{Path: "rendered", About: "`kubectl anywhere render`: what would be made of the config", Deadline: time.Minute, Collect: b.rendered},
		{Path: "state/resources.txt", About: "the resources that the state records: types, names, ids", Collect: support.One(b.resources)},
		{Path: "state/history", About: "what was done to the cluster, as the engine keeps it: no values", Collect: b.history},
		{Path: "engine", About: "the engine's own logs", Collect: b.engineLogs},
	}
	if b.mayPlan() {
		items = append(items, b.said("preview.txt", "`kubectl anywhere preview`: what create would change now", 3*time.Minute, "preview"))
	}
	doctor := []string{"doctor", "-o", "json"}
	if b.flags.NoPods || !b.answers {
		doctor = append(doctor, "--no-pods")
	}
	if b.complete {
		items = append(items, b.said("status.json", "`kubectl anywhere status -o json`", time.Minute, "status", "-o", "json"))
	}
	return append(items, b.said("doctor.json", "`kubectl anywhere doctor -o json`", 4*time.Minute, doctor...))
}

// said is an item of what a command about this cluster prints.
func (b *bundling) said(path, about string, deadline time.Duration, words ...string) support.Item {
	return support.Item{Path: path, About: about, Deadline: deadline, Collect: support.One(func(ctx context.Context) ([]byte, error) {
		file := filepath.Join(b.scratch, "cluster.json")
		data, err := config.Marshal(b.cluster)
		if err == nil {
			err = os.WriteFile(file, data, 0o600)
		}
		if err != nil {
			return nil, fmt.Errorf("keeping the config for %s: %w", words[0], err)
		}
		words = append(slices.Clone(words), "-f", file)
		if b.flags.State != "" {
			words = append(words, "--state", b.flags.State)
		}
		return b.command(ctx, words...)
	})}
}

// command runs one of our own commands in this process. What it narrates comes
// behind what it prints, as text does; with data it is left out.
func (b *bundling) command(ctx context.Context, words ...string) ([]byte, error) {
	var out, said bytes.Buffer
	env := b.env
	env.IOStreams.In, env.IOStreams.Out, env.IOStreams.ErrOut, env.Width = &bytes.Buffer{}, &out, &said, 0
	root := New(env)
	root.SetArgs(words)
	err := root.ExecuteContext(ctx)
	if errors.Is(err, errPending) {
		err = nil
	}
	if err != nil && out.Len() > 0 && ctx.Err() == nil {
		err = nil // it says itself what failed
	}
	if err != nil {
		err = fmt.Errorf("kubectl anywhere %s: %w", words[0], err)
	}
	if !slices.Contains(words, "-o") {
		out.Write(said.Bytes())
	}
	return out.Bytes(), err
}
