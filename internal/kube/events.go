package kube

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	typedcorev1 "k8s.io/client-go/kubernetes/typed/core/v1"
	"k8s.io/client-go/tools/record"
)

// Notice is something that happened to an object, for 'kubectl describe' and
// 'kubectl get events'.
type Notice struct {
	Object Ref
	// UID is the object's where it is known: 'kubectl describe' goes by it.
	UID types.UID
	// Warning tells it from what is as it should be.
	Warning bool
	// Reason is one word in camel case, Message a sentence.
	Reason, Message string
}

// longestMessage is what the API takes of a message
// (k8s.io/api/events/v1 Event.Note: 1kB).
const longestMessage = 1024

// Events tells the cluster of notices, as events, on behalf of a component of a host: in
// the background, the same ones counted rather than repeated, and of one
// object 25 at most, then one in five minutes, which are the library's bounds.
// What cannot be told is dropped. Stop ends it.
func (c *Client) Events(component, host string) (tell func(Notice), stop func()) {
	broadcaster := record.NewBroadcaster()
	broadcaster.StartRecordingToSink(&typedcorev1.EventSinkImpl{Interface: c.clientset.CoreV1().Events("")})
	recorder := broadcaster.NewRecorder(runtime.NewScheme(), corev1.EventSource{Component: component, Host: host})
	return func(e Notice) {
		kind := corev1.EventTypeNormal
		if e.Warning {
			kind = corev1.EventTypeWarning
		}
		apiVersion, _ := e.Object.gvk().ToAPIVersionAndKind()
		recorder.Event(&corev1.ObjectReference{
			APIVersion: apiVersion, Kind: e.Object.Kind, Namespace: e.Object.Namespace, Name: e.Object.Name, UID: e.UID,
		}, kind, e.Reason, clip(e.Message, longestMessage))
	}, broadcaster.Shutdown
}

// clip cuts a text to a length in bytes, at the end of a character.
func clip(text string, most int) string {
	if len(text) <= most {
		return text
	}
	const mark = "…"
	end := most - len(mark)
	for end > 0 && text[end]&0xC0 == 0x80 { // inside of a character in UTF-8
		end--
	}
	return text[:end] + mark
}
