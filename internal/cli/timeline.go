package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram/timeline"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const (
	// lastLookTime is how long the look at all hosts may take by which a
	// timeline learns what it has not yet seen.
	lastLookTime = 15 * time.Second
	// lookedAtAnyway is how many hosts are looked at for the critical path
	// alone, for which nobody has asked.
	lookedAtAnyway = 10
	// worthTelling is how long create has to take for its critical path to be
	// told.
	worthTelling = 5 * time.Second
	// textWidth is how wide text is at most.
	textWidth = 80
)

// timelineFlags say where a picture of what happened is put.
type timelineFlags struct{ Timeline string }

func (f *timelineFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Timeline, "timeline", "",
		"`File` to draw what happened to, and when: .svg, or .json for the data; written on failure, too")
}

func (f *timelineFlags) check() error {
	if ext := filepath.Ext(f.Timeline); f.Timeline != "" && ext != ".svg" && ext != ".json" {
		return &usageError{fmt.Errorf("--timeline %s: want the name of a file that ends in .svg or .json", f.Timeline)}
	}
	return nil
}

// runRecorded carries out a plan and tells what it took its time for. A picture
// that cannot be written is said, and fails nothing: the cluster is there.
func (c *creation) runRecorded(ctx context.Context, plan []phase.Phase, to string) error {
	c.recorder = timeline.NewRecorder(c.cluster.Metadata.Name, c.progress(), time.Now)
	failure := phase.Run(ctx, plan, c.recorder)
	if to != "" || failure == nil && c.isQuickToLookAt() {
		c.lookOnceMore(ctx)
	}
	t := c.recorder.Timeline(failure)
	if failure == nil && t.Took() >= worthTelling {
		c.narrate("\n" + wrapped(t.Summary(), textWidth))
	}
	if to == "" {
		return failure
	}
	if err := writeTimeline(t, to); err != nil {
		c.narrate(err.Error())
		return failure
	}
	c.narrate("\nThe timeline is in " + to)
	return failure
}

// isQuickToLookAt tells that all hosts can be looked at in no time.
func (c *creation) isQuickToLookAt() bool {
	_, cloud := c.target.(target.Pulling)
	return !cloud && len(c.out.Hosts) <= lookedAtAnyway
}

// lookOnceMore looks at every host, also after an interrupt: while create
// waits, it looks only at what it waits for.
func (c *creation) lookOnceMore(ctx context.Context) {
	if len(c.out.Hosts) == 0 {
		return
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastLookTime)
	defer cancel()
	began := time.Now()
	if seen, err := c.target.Observe(ctx, c.cluster, c.out); err == nil {
		c.recordLook(seen, began)
	}
}

// recordLook remembers a look at hosts, which began at the given time.
func (c *creation) recordLook(seen []target.Observation, began time.Time) {
	for _, o := range seen {
		c.recorder.Observe(o.Host.Name, o.Host.Role, o.Host.Pool, o.Status, began)
	}
}

// recordOperations has the engine's operations remembered before they are told.
func recordOperations(r *timeline.Recorder, next func(engine.Event)) func(engine.Event) {
	return func(e engine.Event) {
		if _, changes := signs()[e.Op]; changes && e.Kind != engine.Message {
			r.Operation(e.Op+" "+resourceName(e.Type, e.Name), e.Name, e.Kind != engine.Started, e.Err)
		}
		next(e)
	}
}

func writeTimeline(t *timeline.Timeline, to string) error {
	data := t.SVG()
	if filepath.Ext(to) == ".json" {
		var err error
		if data, err = json.MarshalIndent(t, "", "  "); err != nil {
			return fmt.Errorf("writing the timeline: %w", err)
		}
		data = append(data, '\n')
	}
	if err := os.WriteFile(to, data, 0o644); err != nil {
		return fmt.Errorf("writing the timeline: %w; name another file with --timeline", err)
	}
	return nil
}

// wrapped breaks a text into lines after arrows; those after the first are
// indented. A step stays on one line with its time.
func wrapped(text string, width int) string {
	var out strings.Builder
	column := 0
	for i, step := range strings.SplitAfter(text, "→ ") {
		n := len([]rune(strings.TrimSpace(step)))
		if i > 0 && column+n > width {
			out.WriteString("\n  ")
			column = 2
		}
		out.WriteString(step)
		column += len([]rune(step))
	}
	return strings.ReplaceAll(out.String(), " \n", "\n")
}
