package swap

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/catalog"
)

// Where the cluster keeps what switch is under way.
const (
	StateNamespace = "kube-system"
	StateName      = "kubernetes-anywhere-network-switch"
)

// Stages of a switch.
const (
	// Moving is from its first change to the last node.
	Moving = "moving"
	// Finishing is when every node is on one layer: from there it only goes on.
	Finishing = "finishing"
	// Settled is when what bore another name for a while has ended: nothing of
	// the other layer is to be applied again, as nodes lose their labels now.
	Settled = "settled"
)

// State is what the cluster keeps of a switch that is under way.
type State struct {
	// From is the layer that the cluster had before, To the other one.
	From, To string
	// Back tells that it is on the way back to From.
	Back  bool
	Stage string
	// Cordoned are the nodes that somebody else kept pods off when it began:
	// they stay so.
	Cordoned []string
	// Nodes says of each node that was touched which layer it is on, or
	// Between.
	Nodes map[string]string
}

// ErrOther is a layer that was asked for while a switch between two others is
// under way.
var ErrOther = errors.New("another switch is under way")

// Toward is the layer that nodes are brought to now, Leaving the other.
func (s State) Toward() string {
	if s.Back {
		return s.From
	}
	return s.To
}

// Leaving is the layer that nodes are taken off now.
func (s State) Leaving() string {
	if s.Back {
		return s.To
	}
	return s.From
}

// Ask is the state of a switch under way once somebody has asked for a layer:
// it goes on, turns, or an error says that it can do neither.
func (s State) Ask(layer string) (State, error) {
	switch {
	case layer == s.Toward() || catalog.Called(s.Toward()) == layer:
		return s, nil
	case layer != s.From && layer != s.To:
		return s, fmt.Errorf("%w: from %s to %s; name one of these", ErrOther, s.From, s.To)
	case s.Stage != Moving:
		return s, fmt.Errorf("%w: every node is on %s already; let it end, then switch to %s", ErrOther, s.Toward(), layer)
	}
	s.Back = !s.Back
	return s, nil
}

// IsDone tells whether a node is where it is to be. One that was never touched
// is on From.
func (s State) IsDone(node string) bool {
	at, touched := s.Nodes[node]
	return touched && at == s.Toward() || !touched && s.Back
}

// label is the value of NodeLabel of nodes on the layer that they are brought
// to; none for From.
func (s State) label() string {
	if s.Back {
		return ""
	}
	return catalog.Called(s.To)
}

// Encode is the state as the data of a ConfigMap.
func (s State) Encode() (map[string]string, error) {
	nodes, err := json.Marshal(s.Nodes)
	if err != nil {
		return nil, fmt.Errorf("encoding the state of the switch: %w", err)
	}
	return map[string]string{
		"from": s.From, "to": s.To, "back": fmt.Sprint(s.Back), "stage": s.Stage,
		"cordoned": strings.Join(s.Cordoned, ","), "nodes": string(nodes),
	}, nil
}

// Decode reads the data of a ConfigMap.
func Decode(data map[string]string) (State, error) {
	s := State{From: data["from"], To: data["to"], Back: data["back"] == "true", Stage: data["stage"], Nodes: map[string]string{}}
	if s.From == "" || s.To == "" || !slices.Contains([]string{Moving, Finishing, Settled}, s.Stage) {
		return s, fmt.Errorf("reading ConfigMap %s/%s: it names no layers or no stage", StateNamespace, StateName)
	}
	if text := data["cordoned"]; text != "" {
		s.Cordoned = strings.Split(text, ",")
	}
	if text := data["nodes"]; text != "" {
		if err := json.Unmarshal([]byte(text), &s.Nodes); err != nil {
			return s, fmt.Errorf("reading ConfigMap %s/%s: %w", StateNamespace, StateName, err)
		}
	}
	if s.Nodes == nil {
		s.Nodes = map[string]string{}
	}
	return s, nil
}

// String says it in one line, for 'status' and refusals.
func (s State) String() string {
	way := "from " + s.From + " to " + s.To
	switch {
	case s.Stage != Moving:
		return way + ": every node is on " + s.Toward() + ", the rest is not done"
	case s.Back:
		way = "back to " + s.From + " from " + s.To
	}
	on := 0
	for _, at := range s.Nodes {
		if at == s.To {
			on++
		}
	}
	return fmt.Sprintf("%s: on %s so far: %s", way, s.To, plural(on, "node"))
}
