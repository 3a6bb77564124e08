package cli

import (
	"errors"
	"fmt"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/credentials"
)

// meaning is what a step does, for those who are to say yes to it.
func (t turn) meaning() []string {
	switch {
	case t.step == credentials.Trust:
		return []string{
			"New authorities are made, which every host trusts beside the old ones. The old",
			"ones go on signing: no certificate changes. The addons are restarted, as pods",
			"read the authorities at their start.",
		}
	case t.step == credentials.Reissue:
		return []string{
			"The new authorities sign from now on: every certificate of every control plane,",
			"of every kubelet and of your kubeconfig is made anew. The old ones are still",
			"trusted, so nothing that has not been renewed is cut off.",
		}
	case t.step == credentials.Drop:
		return []string{
			"The old authorities are forgotten, and their keys with them. Kubeconfigs that they",
			"signed, and pods that trust only them, are cut off. This cannot be undone.",
		}
	case t.to == credentials.Trust:
		return []string{
			"The old authorities sign again: every certificate is made anew. The new ones are",
			"kept, and still trusted.",
		}
	}
	return []string{"The new authorities are forgotten. All is as it was before."}
}

// undo is the command that takes a step back, if there is one.
func (o *rotateOptions) undo(stage string) string {
	if stage == credentials.Stable {
		return ""
	}
	return "kubectl anywhere certs rotate-ca " + o.cluster.Metadata.Name + " --step back --yes"
}

// tellPlan says what a step does and to what: even to those who want to hear
// only errors, where that is all that this run does.
func (o *rotateOptions) tellPlan(t turn) {
	say := o.narrate
	if !o.yes {
		say = func(text string) { fmt.Fprintln(o.env.emphatic(), text) }
	}
	title := "step " + t.step
	for i, step := range steps() {
		if step == t.step {
			title = fmt.Sprintf("step %d of %d, %s", i+1, len(steps()), step)
		}
	}
	if t.again {
		title += ", which is to be finished"
	}
	say(fmt.Sprintf("Replacing the authorities of cluster %q: %s\n", o.cluster.Metadata.Name, title))
	for _, line := range t.meaning() {
		say("  " + line)
	}
	say("")
	for _, change := range t.changes {
		say(fmt.Sprintf("  %s %s", signs()[change.Op], resourceName(change.Type, change.Name)))
	}
	for _, change := range t.changes {
		if change.Destroys != "" {
			say("\nWARNING: " + change.Loss())
		}
	}
	if len(hostsThat(o.out, isControlPlane)) > 1 && !o.allAtOnce {
		say("\nControl planes are changed one after the other, the workers after them.")
	}
	if o.all && t.step == credentials.Trust {
		say("\n--all leaves no time to restart workloads of your own: those that talk to the API may\nbe cut off at the last step, until they are restarted.")
	}
	if undo := o.undo(t.to); undo != "" {
		say("\nTo undo it: " + undo)
	}
	say("")
}

// steps are those that lead from one authority to another.
func steps() []string { return []string{credentials.Trust, credentials.Reissue, credentials.Drop} }

// narrateNext says what is left to do, by whom, and what to type.
func (o *rotateOptions) narrateNext(t turn) {
	name := o.cluster.Metadata.Name
	next := "kubectl anywhere certs rotate-ca " + name + " --yes"
	switch t.to {
	case credentials.Trust:
		o.narrate("\nRestart workloads of your own that talk to the API before you go on: pods read the\nauthorities at their start.")
		o.narrate("\nNext: " + next + "   # step reissue\n      " + o.undo(t.to) + "   # undoes it")
	case credentials.Reissue:
		o.narrate("\nGive out kubeconfigs of your own anew before you go on: those that the old\nauthority signed end with it, and so do those of 'kubeconfig --exec' that were\nmade before it was replaced, for they trust it alone.")
		o.narrate("\nNext: " + next + "   # step drop\n      " + o.undo(t.to) + "   # undoes it")
	default:
		o.narrate(fmt.Sprintf("\nCluster %q has one authority of each kind. Hosts that join by 'bootstrap join' need the\nlines of 'bootstrap token create' anew: the authority that they are pinned to is another.\n\nNext: kubectl anywhere certs %s", name, name))
		if t.step == credentials.Back {
			o.narrate("")
		}
	}
}

// explain adds to an error what to type next: the same again, or back.
func (o *rotateOptions) explain(t turn, err error) error {
	var failure *phase.Failure
	if errors.As(err, &failure) || !o.touched {
		return err
	}
	name := o.cluster.Metadata.Name
	next := []string{
		"kubectl anywhere status " + name,
		fmt.Sprintf("kubectl anywhere certs rotate-ca %s --step %s --yes   # goes on where it stopped", name, t.step),
	}
	if undo := o.undo(t.to); undo != "" && t.step != credentials.Back {
		next = append(next, undo+"   # undoes it")
	}
	return &phase.Failure{Err: err, Next: next}
}

// list is names in a row, the first few of many.
func list(names []string) string {
	const most = 10
	if len(names) > most {
		return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
	}
	return strings.Join(names, ", ")
}
