package cli

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func newAddons(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "addons",
		Short: "Phase 3 alone: list, apply, enable or disable what runs inside",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newAddonsList(env), newAddonsEnable(env), newAddonsDisable(env), newAddonsDiff(env), newAddonsApply(env), newAddonsRender(env))
	return cmd
}

// addons connects to a cluster and builds what is to run in it.
func (s *session) addons(ctx context.Context) (*kube.Client, *addon.Set, error) {
	out, err := s.outputs(ctx)
	if err != nil {
		return nil, nil, err
	}
	set, err := addon.Render(s.addonValues(out))
	if err != nil {
		return nil, nil, err
	}
	api, err := s.connect(out)
	return api, set, err
}

// unknownEndpoint stands for where nodes reach the API as long as nobody
// knows; its end is that of names that are none (RFC 2606).
const unknownEndpoint = "control-plane.invalid:6443"

// anyOutputs are the outputs of phase 1, or those of a cluster that is still
// to be made; made tells which.
func (s *session) anyOutputs(ctx context.Context) (out target.Outputs, made bool, err error) {
	unmade := target.Outputs{NodeEndpoint: unknownEndpoint}
	stack, err := s.existing(ctx, s.narrate)
	if err != nil || stack == nil {
		return unmade, false, err
	}
	defer stack.Close()
	values, err := stack.Outputs(ctx)
	if err != nil {
		return unmade, false, err
	}
	if out, err = target.ParseOutputs(values); err != nil || out.Endpoint == "" {
		return unmade, false, nil // phase 1 did not come to its end
	}
	return out, true, nil
}

// cut is a line no longer than a width.
func cut(line string, width int) string {
	runes := []rune(line)
	if len(runes) <= width {
		return line
	}
	return string(runes[:width-1]) + "…"
}

// folded is a text in lines of at most a width, broken between words.
func folded(text string, width int) (lines []string) {
	for word := range strings.FieldsSeq(text) {
		last := len(lines) - 1
		if last >= 0 && len([]rune(lines[last]+" "+word)) <= width {
			lines[last] += " " + word
			continue
		}
		lines = append(lines, word)
	}
	return lines
}

// podsOf is a state with its pods: ready 3/3.
func podsOf(state string, ready, wanted int) string {
	if wanted == 0 {
		return state
	}
	return fmt.Sprintf("%s %d/%d", state, ready, wanted)
}
