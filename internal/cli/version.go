package cli

import (
	"fmt"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// version is what the plugin says of itself.
type version struct {
	Version    string   `json:"version"`
	Go         string   `json:"go"`
	Platform   string   `json:"platform"`
	Kubernetes []string `json:"kubernetes"`
	Targets    []string `json:"targets"`
}

func newVersion(env Environment) *cobra.Command {
	var output string
	cmd := &cobra.Command{
		Use:   "version",
		Short: "Print the version of the plugin and what it can make",
		Example: `  # Print the version
  kubectl anywhere version

  # Print it as JSON
  kubectl anywhere version -o json`,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			v := thisVersion(env)
			if output != "" {
				return printData(env, output, "Version", v)
			}
			_, err := fmt.Fprintf(env.Out, "kubectl-anywhere %s (%s, %s)\nKubernetes: %s\nTargets: %s\n",
				v.Version, v.Go, v.Platform, strings.Join(v.Kubernetes, ", "), strings.Join(v.Targets, ", "))
			return err
		},
	}
	addOutputFlag(cmd, &output)
	return cmd
}

func thisVersion(env Environment) version {
	v := version{
		Version:    "(devel)",
		Go:         runtime.Version(),
		Platform:   runtime.GOOS + "/" + runtime.GOARCH,
		Kubernetes: config.Versions(),
	}
	if info, ok := debug.ReadBuildInfo(); ok && info.Main.Version != "" {
		v.Version = info.Main.Version
	}
	for _, t := range env.Targets {
		v.Targets = append(v.Targets, t.Name())
	}
	return v
}
