package manager

import (
	"fmt"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/types"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
)

// component is who the cluster's events are from.
const component = "kubernetes-anywhere-addon-manager"

// Reasons of events.
const (
	// restored is what was there, was deleted, and is there again.
	restored = "AddonRestored"
	// applied is what was changed to what the set says.
	applied       = "AddonApplied"
	pruned        = "AddonPruned"
	inConflict    = "AddonConflict"
	failedToApply = "AddonFailed"
)

// tell says of each object, in the log and on the object, what became of it.
// What goes on being wrong is said once.
func (m *manager) tell(changes []kube.Change, err error) {
	for _, change := range changes {
		topic := "addons: " + change.Ref.String()
		switch change.Action {
		case kube.Unchanged:
			m.log.forget(topic)
		case kube.Conflicted:
			if m.log.once(topic, "%v", change.Err) {
				m.event(change, true, inConflict, "left as it is: "+change.Err.Error())
			}
			continue
		default:
			m.log.forget(topic)
			m.log.printf("%s %s", topic, change.Action)
			m.eventOf(change)
		}
		m.known[change.Ref] = change.Action != kube.Pruned
	}
	for _, one := range kube.ObjectErrors(err) {
		if m.log.once("addons: "+one.Ref.String(), "%v", one) {
			m.event(kube.Change{Ref: one.Ref}, true, failedToApply, one.Error())
		}
	}
}

// eventOf tells of a change. That an object was made for the first time is no
// news: there is an addon of many that is new.
func (m *manager) eventOf(change kube.Change) {
	switch change.Action {
	case kube.Created:
		if m.known[change.Ref] {
			m.event(change, false, restored, "put back: it was gone, and the cluster is to have it")
		}
	case kube.Configured:
		m.event(change, false, applied, "changed to what the cluster's addons are to be: "+strings.Join(change.Fields(), "; "))
	case kube.Pruned:
		message := "deleted: the cluster's addons have it no more"
		if n := len(change.Takes); n > 0 {
			message += fmt.Sprintf("; with it go %d objects that were no part of them", n)
		}
		m.event(change, false, pruned, message)
	}
}

func (m *manager) event(change kube.Change, warning bool, reason, message string) {
	if m.events == nil {
		return
	}
	m.events(kube.Notice{Object: change.Ref, UID: uidOf(change.After, change.Before), Warning: warning, Reason: reason, Message: message})
}

// uidOf is that of the first object there is.
func uidOf(states ...*unstructured.Unstructured) types.UID {
	for _, state := range states {
		if state != nil {
			return state.GetUID()
		}
	}
	return ""
}
