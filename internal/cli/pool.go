package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

func newPool(env Environment) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "pool",
		Short: "List, scale, add and remove pools of workers",
		Args:  noArguments,
		RunE:  func(cmd *cobra.Command, _ []string) error { return cmd.Help() },
	}
	cmd.AddCommand(newPoolList(env), newPoolScale(env), newPoolAdd(env), newPoolRemove(env))
	return cmd
}

// poolFlags are those of every change of a pool.
type poolFlags struct {
	namedFlags
	provisionFlags
}

func (f *poolFlags) addFlags(cmd *cobra.Command) {
	f.namedFlags.addFlags(cmd)
	f.provisionFlags.addFlags(cmd)
}

// onePool takes the name of one pool.
func onePool(cmd *cobra.Command, args []string) error {
	if len(args) == 1 {
		return nil
	}
	return &usageError{fmt.Errorf("%s takes the name of one pool; 'kubectl anywhere pool list' shows them\nSee '%s --help'", cmd.CommandPath(), cmd.CommandPath())}
}

func newPoolScale(env Environment) *cobra.Command {
	flags := poolFlags{}
	var count, least, most int
	cmd := &cobra.Command{
		Use:   "scale POOL",
		Short: "Change how many nodes a pool has, in the config and in the cluster",
		Long: `Change how many nodes a pool has, in the config and in the cluster.

The config file is changed in this one place, once the change has been checked
against the target. Hosts that go are drained first where it is known which ones
will; a cloud's scaling group chooses itself.`,
		Example: `  # Five workers
  kubectl anywhere pool scale workers --count 5

  # Let the cluster autoscaler have two to twenty
  kubectl anywhere pool scale workers --count 2 --min 2 --max 20`,
		Args: onePool,
		RunE: func(cmd *cobra.Command, args []string) error {
			var wrong error
			if !cmd.Flags().Changed("count") {
				wrong = &usageError{fmt.Errorf("pool scale needs --count: 'kubectl anywhere pool scale %s --count 3'", quote(args[0]))}
			}
			return flags.run(wrong, env, cmd, func(d *config.Document) error { return d.ScalePool(args[0], count, least, most) })
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().IntVar(&count, "count", 0, "Number of nodes")
	cmd.Flags().IntVar(&least, "min", 0, "Fewest nodes, of a pool that something else scales")
	cmd.Flags().IntVar(&most, "max", 0, "Most nodes, of a pool that something else scales (default a fixed size)")
	return cmd
}

func newPoolAdd(env Environment) *cobra.Command {
	flags := poolFlags{}
	pool := config.Pool{}
	var taints []string
	cmd := &cobra.Command{
		Use:   "add POOL",
		Short: "Add a pool, to the config and to the cluster",
		Example: `  # Three workers of a larger type in one zone
  kubectl anywhere pool add big --count 3 --type m7i.xlarge --zones us-east-2a

  # Workers that only take pods which tolerate them
  kubectl anywhere pool add gpu --count 1 --taints dedicated=gpu:NoSchedule`,
		Args: onePool,
		RunE: func(cmd *cobra.Command, args []string) error {
			pool.Name = args[0]
			var wrong error
			pool.Taints, wrong = parseTaints(taints)
			return flags.run(wrong, env, cmd, func(d *config.Document) error { return d.AddPool(pool) })
		},
	}
	flags.addFlags(cmd)
	cmd.Flags().IntVar(&pool.Count, "count", 1, "Number of nodes")
	cmd.Flags().IntVar(&pool.Min, "min", 0, "Fewest nodes, of a pool that something else scales")
	cmd.Flags().IntVar(&pool.Max, "max", 0, "Most nodes, of a pool that something else scales (default a fixed size)")
	cmd.Flags().StringVar(&pool.Machine.Type, "type", "", "The cloud's name of a machine type (default the target's)")
	cmd.Flags().StringVar(&pool.Machine.Arch, "arch", "", "Architecture: amd64 or arm64 (default amd64)")
	cmd.Flags().IntVar(&pool.Machine.DiskGB, "disk-gb", 0, "Size of the boot disk in GB (default the target's)")
	cmd.Flags().StringSliceVar(&pool.Machine.Zones, "zones", nil, "Zones to spread over (default the target's)")
	cmd.Flags().BoolVar(&pool.Spot, "spot", false, "Take machines that the cloud may take back")
	cmd.Flags().StringToStringVar(&pool.Labels, "labels", nil, "Labels of the nodes, as key=value")
	cmd.Flags().StringSliceVar(&taints, "taints", nil, "Taints of the nodes, as key=value:Effect")
	return cmd
}

// parseTaints reads taints as 'kubectl taint' has them.
func parseTaints(given []string) ([]config.Taint, error) {
	var taints []config.Taint
	var problems []error
	for _, text := range given {
		key, effect, found := strings.Cut(text, ":")
		if !found || effect == "" {
			problems = append(problems, &usageError{fmt.Errorf("--taints %s: write key=value:Effect, with an effect of NoSchedule, PreferNoSchedule or NoExecute", text)})
			continue
		}
		key, value, _ := strings.Cut(key, "=")
		taints = append(taints, config.Taint{Key: key, Value: value, Effect: effect})
	}
	return taints, errors.Join(problems...)
}

func newPoolRemove(env Environment) *cobra.Command {
	flags := poolFlags{}
	cmd := &cobra.Command{
		Use:   "remove POOL",
		Short: "Drain a pool and remove it, from the cluster and from the config",
		Example: `  # Move its pods elsewhere, then take its nodes away
  kubectl anywhere pool remove big`,
		Args: onePool,
		RunE: func(cmd *cobra.Command, args []string) error {
			return flags.run(nil, env, cmd, func(d *config.Document) error { return d.RemovePool(args[0]) })
		},
	}
	flags.addFlags(cmd)
	return cmd
}

// run changes the config and brings the cluster to it, where nothing is wrong
// with the flags.
func (f *poolFlags) run(wrong error, env Environment, cmd *cobra.Command, change func(*config.Document) error) error {
	if err := errors.Join(wrong, f.check()); err != nil {
		return err
	}
	o, err := f.edit(env, cmd, change)
	if err != nil {
		return err
	}
	return o.run(cmd.Context())
}

func newPoolList(env Environment) *cobra.Command {
	flags := clusterFlags{}
	output := ""
	cmd := &cobra.Command{
		Use:   "list [NAME]",
		Short: "Show the pools of a cluster, and how many of their nodes are ready",
		Example: `  # Show them
  kubectl anywhere pool list`,
		Args: atMostName,
		RunE: flags.with(env, &output, func(s *session, ctx context.Context) error { return s.listPools(ctx, output) }),
	}
	flags.addFlags(cmd)
	addOutputFlag(cmd, &output)
	return cmd
}

// poolStatus is one pool as 'pool list -o json' prints it.
type poolStatus struct {
	config.Pool
	// Ready is how many of its nodes are; absent where the API does not answer.
	Ready *int `json:"ready,omitempty"`
}

func (s *session) listPools(ctx context.Context, output string) error {
	ready, err := s.readyByPool(ctx)
	if err != nil {
		s.narrate("The nodes cannot be counted: " + err.Error())
	}
	pools := []poolStatus{}
	for _, pool := range s.cluster.Spec.Pools {
		row := poolStatus{Pool: pool}
		if err == nil {
			n := ready[pool.Name]
			row.Ready = &n
		}
		pools = append(pools, row)
	}
	if output != "" {
		return printData(s.env, output, "Pools", pools)
	}
	w := newTable(s.env.Out, "POOL", "COUNT", "MIN", "MAX", "READY", "MACHINE", "ARCH", "ZONES")
	for _, p := range pools {
		known := "?"
		if p.Ready != nil {
			known = fmt.Sprint(*p.Ready)
		}
		fmt.Fprintf(w, "%s\t%d\t%s\t%s\t%s\t%s\t%s\t%s\n", p.Name, p.Count, orDash(p.Min), orDash(p.Max), known,
			dashed(p.Machine.Type), dashed(p.Machine.Arch), dashed(strings.Join(p.Machine.Zones, ",")))
	}
	return w.Flush()
}

// readyByPool counts the ready nodes of each pool.
func (s *session) readyByPool(ctx context.Context) (map[string]int, error) {
	out, err := s.outputs(ctx)
	if err != nil {
		return nil, err
	}
	nodes, err := s.nodes(ctx, out)
	if err != nil {
		return nil, err
	}
	ready := map[string]int{}
	for _, n := range nodes {
		if n.Ready {
			ready[n.Pool]++
		}
	}
	return ready, nil
}

// orDash is a number, or a dash for the absence of one.
func orDash(n int) string {
	if n == 0 {
		return "-"
	}
	return fmt.Sprint(n)
}

func dashed(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
