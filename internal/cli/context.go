package cli

import (
	"context"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

// contextFlags say whether kubectl goes on with the cluster.
type contextFlags struct {
	Switch bool
	// given tells that the user has said which.
	given func() bool
}

func (f *contextFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().BoolVar(&f.Switch, "switch-context", false,
		"Make its context the current one; =false leaves the one that is (default asks on a terminal; elsewhere another one stays)")
	f.given = func() bool { return cmd.Flags().Changed("switch-context") }
}

// decide tells whether the context called name is to become the current one.
// Where none is current there is nothing to lose; somebody else's is only left
// when somebody says so. A kubeconfig that cannot be read is told of later, by
// what writes to it.
func (f *contextFlags) decide(ctx context.Context, env Environment, file, name string) (bool, error) {
	if f.given() {
		return f.Switch, nil
	}
	current, where, err := kube.CurrentContext(file)
	switch {
	case err != nil:
		return false, nil
	case current == "" || current == name:
		return true, nil
	case !env.asks():
		return false, nil
	}
	return env.agrees(ctx, fmt.Sprintf("The current context of %s is %q.\nSwitch to %q, once it is there?", where, current, name))
}

// mergedWords are what to tell of a kubeconfig that was written.
func mergedWords(merged kube.Merged, name, file string) []string {
	option := ""
	if file != "" {
		option = " --kubeconfig " + quote(file)
	}
	lines := []string{fmt.Sprintf("context %q is current in %s", name, merged.File)}
	if merged.Current != name {
		lines = []string{
			fmt.Sprintf("context %q is in %s, where %q stays current", name, merged.File, merged.Current),
			"to switch: kubectl config use-context " + name + option,
		}
	}
	if merged.Shared {
		lines = append(lines, "others may read that file: chmod 600 "+quote(merged.File))
	}
	return lines
}
