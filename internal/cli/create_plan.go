package cli

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diag"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/plan"
)

// planFlags say which plan create is held to.
type planFlags struct{ Plan string }

func (f *planFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Plan, "plan", "", "`File` of 'preview --out': do exactly that, or refuse where the world has moved")
}

// heldPlan is the plan that a create is held to.
type heldPlan struct {
	*plan.Saved
	path string
	// again is what goes on where a create that began stopped.
	again string
	// from is what there was before anything was looked at.
	from foundation
}

// openPlan opens the cluster of the plan, or else that of the other flags.
func (f *createFlags) openPlan(env Environment, cmd *cobra.Command, args []string) (*session, *heldPlan, error) {
	if f.Plan == "" {
		s, err := f.open(env, cmd, args, env.first)
		return s, nil, err
	}
	if f.File != "" || f.State != "" || len(args) > 0 {
		return nil, nil, &usageError{errors.New("--plan: a plan holds the config and knows the state; leave out NAME, --filename and --state")}
	}
	saved, err := plan.Read(f.Plan)
	if errors.Is(err, plan.ErrEdited) {
		err = fmt.Errorf("%w; make it anew with 'kubectl anywhere preview --out %s'", err, quote(f.Plan))
	}
	if err != nil {
		return nil, nil, &usageError{fmt.Errorf("--plan: %w", err)}
	}
	if ours := thisVersion(env).Version; saved.Program != ours || saved.APIVersion != config.APIVersion {
		return nil, nil, &usageError{fmt.Errorf("--plan %s: it was made by kubectl-anywhere %s, and this is %s, which may make something else of it; make it anew with 'kubectl anywhere preview --out %s'",
			f.Plan, saved.Program, ours, quote(f.Plan))}
	}
	cluster, err := loadConfig(env, f.Plan, saved.Config)
	if err != nil {
		return nil, nil, err
	}
	s, err := clusterFlags{State: saved.State}.session(env, cmd, args, cluster)
	if err != nil {
		return nil, nil, err
	}
	// The flags that say how go on saying so.
	again := append([]string{cmd.CommandPath(), cluster.Metadata.Name},
		flagWords(cmd, func(name string) bool { return name == "plan" })...)
	return s, &heldPlan{Saved: saved, path: f.Plan, again: strings.Join(again, " ")}, nil
}

// stateAsPlanned refuses a plan that was made of another state: something was
// done since, be it by this very plan.
func (c *creation) stateAsPlanned(ctx context.Context) (err error) {
	if c.held == nil {
		return nil
	}
	if c.held.from, err = c.found(ctx, c.stack, c.in); err != nil {
		return err
	}
	world, err := c.worldOf(c.held.from)
	if err != nil {
		return err
	}
	return c.held.refuse(c.held.World.MovedState(world.Recorded))
}

// restAsPlanned plans anew, with what is pending, and refuses where that is not
// what the plan says.
func (c *creation) restAsPlanned(ctx context.Context, report phase.Reporter) (err error) {
	if c.held == nil {
		return nil
	}
	if c.stack == nil {
		if c.first, err = c.newPlan(ctx, c.in); err != nil {
			return err
		}
	}
	report.Wait("", "the plan to be compared with what would be done now")
	defer report.Wait("", "")
	now, err := c.planRest(ctx, c.held.from, c.first, true)
	if err != nil {
		return err
	}
	world, err := c.worldOf(c.held.from)
	if err != nil {
		return err
	}
	return c.held.refuse(c.held.Moved(world, now))
}

// refuse is the error that names, item by item, what has moved.
func (h *heldPlan) refuse(moved []string) error {
	var problems []diag.Problem
	for _, what := range moved {
		problems = append(problems, diag.Problem{Message: "the world has moved: " + what})
	}
	if len(problems) > 0 {
		problems[len(problems)-1].Fix = fmt.Sprintf("look at what there is to do now, and make the plan anew: 'kubectl anywhere preview %s --out %s'",
			h.Plan.Cluster, quote(h.path))
	}
	return refuse(problems)
}
