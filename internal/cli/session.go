package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/timeline"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/home"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// clusterFlags say which cluster a command is about.
type clusterFlags struct {
	File  string
	State string
	// Name is the argument of the command.
	Name string
}

func (f *clusterFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVarP(&f.File, "filename", "f", "", "Cluster config to read (default "+defaultConfig+" where it exists)")
	cmd.Flags().StringVar(&f.State, "state", "", "`URL` of the folder or bucket that keeps the state (default a folder below ~/.kube/anywhere)")
}

// session is one command's hold on one cluster.
type session struct {
	env     Environment
	cluster *config.Cluster
	target  target.Target
	dir     home.Dir
	backend string
	// givenPlugins is the folder of plugins that the user named, if any.
	givenPlugins string
	// again is the command as it was typed, to be typed once more.
	again string
	// creating is the command that creates the cluster.
	creating string
	// layer is the declaration of a network layer of the user's own; nil for
	// one that is built in.
	layer *catalog.Layer
	// recorder remembers when what happened; nil where nobody wants to know.
	recorder *timeline.Recorder
}

// open finds the cluster that a command is about; it touches nothing. Where
// none is named and none is there, fallback makes one, or the error says what
// to type.
func (f clusterFlags) open(env Environment, cmd *cobra.Command, args []string, fallback func() *config.Cluster) (*session, error) {
	f.Name = strings.Join(args, " ")
	root, err := home.Root()
	if err != nil {
		return nil, err
	}
	cluster, err := f.find(env, root, fallback)
	if err != nil {
		return nil, err
	}
	return f.session(env, cmd, args, cluster)
}

// openUnless opens the cluster where nothing is wrong with the other flags. What
// is wrong with those and with the config is told at once.
func (f clusterFlags) openUnless(wrong error, env Environment, cmd *cobra.Command, args []string, fallback func() *config.Cluster) (*session, error) {
	s, err := f.open(env, cmd, args, fallback)
	if err := errors.Join(wrong, err); err != nil {
		return nil, err
	}
	return s, nil
}

// with is the RunE of a command that does something with a cluster there is.
// output, which may be nil, is its --output.
func (f *clusterFlags) with(env Environment, output *string, do func(s *session, ctx context.Context) error) func(*cobra.Command, []string) error {
	return func(cmd *cobra.Command, args []string) error {
		var wrong error
		if output != nil {
			wrong = checkFormat(*output)
		}
		s, err := f.openUnless(wrong, env, cmd, args, nil)
		if err != nil {
			return err
		}
		return do(s, cmd.Context())
	}
}

// session is the hold on a cluster whose config is read.
func (f clusterFlags) session(env Environment, cmd *cobra.Command, args []string, cluster *config.Cluster) (*session, error) {
	root, err := home.Root()
	if err != nil {
		return nil, err
	}
	name := cluster.Metadata.Name
	s := &session{env: env, cluster: cluster, dir: home.Of(root, name), again: commandLine(cmd, args, f.File, name)}
	s.creating = s.createLine(f.File)
	for _, t := range env.Targets {
		if t.Name() == cluster.Spec.Target {
			s.target = t
		}
	}
	if s.target == nil {
		return nil, &usageError{fmt.Errorf("target %q of cluster %q is not built into this program", cluster.Spec.Target, name)}
	}
	if bundle := &cluster.Spec.Images.Bundle; *bundle != "" {
		// The config is kept, and read again from any other folder.
		if *bundle, err = filepath.Abs(*bundle); err != nil {
			return nil, fmt.Errorf("finding the archive of images: %w", err)
		}
	}
	if s.layer, err = ownLayer(cluster); err != nil {
		return nil, err
	}
	return s, s.keepState(f.State)
}

// createLine is the command that creates the cluster of a file, or the one that
// this machine knows by its name.
func (s *session) createLine(file string) string {
	switch {
	case file != "" && file != "-":
		return "kubectl anywhere create -f " + quote(file)
	case s.isKept():
		return "kubectl anywhere create " + s.cluster.Metadata.Name
	}
	return "kubectl anywhere create"
}

// keepState settles where the state is: a cluster has one.
func (s *session) keepState(given string) error {
	saved, err := s.dir.SavedBackend()
	if err != nil {
		return err
	}
	if given != "" && saved != "" && given != saved {
		return &usageError{fmt.Errorf("--state %s: cluster %q keeps its state at %s; leave the flag out, or delete the cluster first",
			given, s.cluster.Metadata.Name, saved)}
	}
	switch {
	case given != "":
		s.backend = given
	case saved != "":
		s.backend = saved
	default:
		s.backend = s.dir.Backend()
	}
	if err := engine.CheckBackend(s.backend); err != nil {
		return &usageError{fmt.Errorf("--state: %w", err)}
	}
	return nil
}

// progress speaks on the error stream: standard output is for data.
func (s *session) progress() phase.Reporter {
	if s.env.voice == nil {
		return ui.New(s.env.ErrOut, s.env.Width)
	}
	return s.env.voice.Progress()
}

// inputs is what the target's program depends on.
func (s *session) inputs() (target.Inputs, error) {
	spec := s.cluster.Spec
	in := target.Inputs{
		Cluster:        s.cluster,
		BootstrapImage: images.For(spec.KubernetesVersion, spec.Images.Registry).Bootstrap,
		Layer:          s.layer,

		CloudController: catalog.BringsCloudController(s.cluster.EnabledAddons()),
	}
	if _, pulls := s.target.(target.Pulling); pulls {
		return in, nil
	}
	bundle, err := s.archive()
	if err != nil {
		return target.Inputs{}, err
	}
	in.ImageArchive, in.BootstrapArchive, in.ImageDigest = bundle.Path, bundle.BootstrapPath, bundle.Digest
	return in, nil
}

// addonValues is what the addons depend on.
func (s *session) addonValues(out target.Outputs) addon.Values {
	return addon.Values{
		Cluster:      s.cluster,
		NodeEndpoint: out.NodeEndpoint,
		Images:       images.For(s.cluster.Spec.KubernetesVersion, s.cluster.Spec.Images.Registry),
		Layer:        s.layer,
		Of:           target.WordsOf(s.target, s.cluster),
	}
}

// references are the images of the addons, which are the same wherever the
// cluster's endpoint is.
func (s *session) references() ([]string, error) {
	set, err := addon.Render(s.addonValues(target.Outputs{NodeEndpoint: "control-plane.invalid:6443"}))
	if err != nil {
		return nil, err
	}
	return set.Images(), nil
}

// refuse turns problems into the error that lists them all.
func refuse(problems []diag.Problem) error {
	var report diag.Report
	report.Add(problems...)
	return report.Err()
}
