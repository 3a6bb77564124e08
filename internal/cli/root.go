// Package cli is the commands of the plugin, in kubectl's own manner: flags
// make options, options run. Nothing in it ends the process or reads the
// process's arguments; that is cmd/kubectl-anywhere's part.
package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/cli-runtime/pkg/genericiooptions"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/ui"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// Environment is what the commands are given by the process: its streams, the
// targets that are linked in, and what they may ask of the world.
type Environment struct {
	genericiooptions.IOStreams
	Targets []target.Target
	// Width is the columns of the terminal that ErrOut is, zero for none.
	Width int
	// Screen tells that In and ErrOut are a terminal whose screen can be drawn
	// on, Typed that answers on In come from a person.
	Screen, Typed bool
	// Program is the path of this program, empty where it is not known.
	Program string
	// Getenv looks up an environment variable.
	Getenv func(string) string
	// Reachable tells why an image cannot be pulled, or nil.
	Reachable func(ctx context.Context, image string) error
	// Terminated ends at the user's second interrupt: what is in flight is
	// let go. The first is the end of the command's own context.
	Terminated context.Context

	// voice is what ErrOut is to the commands, which narrate on it.
	voice *ui.Voice
}

// New makes the root command.
func New(env Environment) *cobra.Command {
	root, _, _ := build(env)
	return root
}

// build makes the root command, what it speaks with, and the flags that say
// how, which are known once it has run.
func build(env Environment) (*cobra.Command, *ui.Voice, *sayFlags) {
	voice, flags := ui.NewVoice(env.ErrOut, env.Width), &sayFlags{}
	env.voice, env.ErrOut = voice, voice
	root := newRoot(env)
	flags.addFlags(root)
	root.PersistentPreRunE = func(*cobra.Command, []string) error {
		voice.Use(flags.style())
		return flags.check()
	}
	registerCompletion(env, root)
	return root, voice, flags
}

func newRoot(env Environment) *cobra.Command {
	root := &cobra.Command{
		Use:   "kubectl-anywhere",
		Short: "Turn up a Kubernetes cluster anywhere, and see everything it does",
		Long: `Turn up a Kubernetes cluster on Google Cloud, AWS, Azure, bare metal or the
machine in front of you, and see everything it does.

A cluster comes up in three phases, each usable alone: provision (hosts and
network), bootstrap (each host becomes a node) and addons (what runs in it).`,
		Example: `  # Create a cluster on this machine
  kubectl anywhere create

  # See every byte that would exist, without touching anything
  kubectl anywhere render --to ./rendered

  # Take it away again
  kubectl anywhere delete`,
		Annotations:   map[string]string{cobra.CommandDisplayNameAnnotation: "kubectl anywhere"},
		SilenceErrors: true,
		SilenceUsage:  true,
		Args:          noArguments,
		RunE:          func(*cobra.Command, []string) error { return greet(env) },
	}
	root.SetIn(env.In)
	root.SetOut(env.Out)
	root.SetErr(env.ErrOut)
	root.SetFlagErrorFunc(func(cmd *cobra.Command, err error) error {
		return &usageError{fmt.Errorf("%w\nSee '%s --help'", err, cmd.CommandPath())}
	})
	// Flags are wrapped, as all other text is, to the narrowest terminal.
	usage := strings.NewReplacer(".FlagUsages", ".FlagUsagesWrapped 80", " for more information about a command", " for more")
	root.SetUsageTemplate(usage.Replace(root.UsageTemplate()))
	root.AddCommand(
		newCreate(env), newDelete(env), newPreview(env), newStatus(env), newRender(env), newGraph(env), newDoctor(env), newSupportBundle(env),
		newProvision(env), newConfig(env), newExplain(env), newPool(env), newAddons(env), newNetwork(env), newCerts(env), newEtcd(env), newKubeconfig(env), newCredential(env), newImages(env), newCompletion(env), newVersion(env),
	)
	return root
}

// noArguments refuses words that no command of this name takes.
func noArguments(cmd *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	err := fmt.Errorf("unknown command or argument %q for %q", args[0], cmd.CommandPath())
	cmd.SuggestionsMinimumDistance = 2 // which cobra sets on no path that leads here
	for _, s := range cmd.SuggestionsFor(args[0]) {
		err = fmt.Errorf("%w\nDid you mean: %s %s", err, cmd.CommandPath(), s)
	}
	return &usageError{fmt.Errorf("%w\nSee '%s --help'", err, cmd.CommandPath())}
}

// atMostName takes the name of one cluster, or none.
func atMostName(cmd *cobra.Command, args []string) error {
	if len(args) > 1 {
		return &usageError{fmt.Errorf("%s takes the name of one cluster, not %d words\nSee '%s --help'",
			cmd.CommandPath(), len(args), cmd.CommandPath())}
	}
	return nil
}
