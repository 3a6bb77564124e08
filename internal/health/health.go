// Package health judges a cluster by what was seen of it: what is wrong, and
// what to type next. It is pure: whoever looks hands over what was seen, and
// Judge fills in the rest.
package health

import "time"

// Report is a look at a cluster, as 'status -o json' prints it. What is marked
// as judged is filled in by Judge; all else is what was seen.
type Report struct {
	Name   string `json:"name"`
	Target string `json:"target"`
	// Wanted is the Kubernetes version of the config.
	Wanted string `json:"kubernetesVersion"`
	// State is judged: healthy, degraded or down; provisioning or unfinished
	// where there is no more than Making.
	State string `json:"state"`
	// Making is set as long as phase 1 has never been finished.
	Making *Making `json:"making,omitempty"`
	API    API     `json:"api"`
	// Planes are the hosts of the control plane.
	Planes []Plane `json:"controlPlanes"`
	Nodes  []Node  `json:"nodes"`
	Pools  []Pool  `json:"pools"`
	Addons []Addon `json:"addons"`
	// Certificates are those that could be seen from here, the first to end first.
	Certificates []Certificate `json:"certificates"`
	// NetworkSwitch says which switch of the network layer is under way, in
	// words; empty for none. NetworkSwitchTo is the layer that it goes to.
	NetworkSwitch   string `json:"networkSwitch,omitempty"`
	NetworkSwitchTo string `json:"-"`
	// Unknown is what could not be asked.
	Unknown []Unknown `json:"unknown,omitempty"`
	// Problems is judged: all that is wrong, the worst first.
	Problems []Problem `json:"problems"`
	// Drift is nil where nobody looked for it.
	Drift *Drift `json:"drift,omitempty"`

	// At is when all this was seen.
	At time.Time `json:"-"`
	// Supports are the Kubernetes minors that this program makes: 1.37.
	Supports []string `json:"-"`
}

// States of a cluster.
const (
	Healthy  = "healthy"
	Degraded = "degraded"
	Down     = "down"
)

// API is how the API answers at its endpoint.
type API struct {
	Endpoint string `json:"endpoint"`
	// State is healthy, not ready or unreachable.
	State string `json:"state"`
	// Took is how long the answer took.
	Took time.Duration `json:"-"`
	// Milliseconds is the same for a reader of JSON.
	Milliseconds float64 `json:"latencyMilliseconds,omitempty"`
	// Version is the API server's, as v1.37.1.
	Version string `json:"version,omitempty"`
	// Reason says why it is not healthy.
	Reason string `json:"reason,omitempty"`
}

// States of the API.
const (
	Ready       = "healthy"
	NotReady    = "not ready"
	Unreachable = "unreachable"
)

// Plane is one host of the control plane.
type Plane struct {
	Host    string `json:"host"`
	Address string `json:"address"`
	// Direct is how its own API server answers at that address; nil where it
	// cannot be reached from here, which says nothing about it.
	Direct *API `json:"direct,omitempty"`
	// Components are its static pods; empty where the API did not say.
	Components []Component `json:"components,omitempty"`
}

// Component is a static pod of a control plane.
type Component struct {
	Name string `json:"name"`
	// Reason says why it does not serve; empty where it does.
	Reason string `json:"reason,omitempty"`
}

// Node is a node of the cluster, or a machine that is to become one.
type Node struct {
	Name string `json:"name"`
	// Role is control-plane or worker; Pool is a worker's.
	Role string `json:"role"`
	Pool string `json:"pool,omitempty"`
	// Registered is a node that the API knows.
	Registered bool `json:"registered"`
	Ready      bool `json:"ready"`
	// Status is judged: Ready, or what kubectl would call it.
	Status string `json:"status"`
	// Reason is the kubelet's for not being ready.
	Reason string `json:"reason,omitempty"`
	// Since is when it became ready or ceased to be.
	Since time.Time `json:"since,omitzero"`
	// Silent is for how long its kubelet has renewed no lease; zero where it
	// does, or where that was not asked.
	Silent time.Duration `json:"-"`
	// Cordoned is a node that takes no new pods.
	Cordoned bool `json:"cordoned,omitempty"`
	// Troubles are conditions that should not hold.
	Troubles []Trouble `json:"troubles,omitempty"`
	// Machine says what the target sees of it; nil where it knows of none, or
	// was not heard.
	Machine *Machine  `json:"machine,omitempty"`
	Version string    `json:"version,omitempty"`
	Created time.Time `json:"created,omitzero"`
	Address string    `json:"address,omitempty"`
	Zone    string    `json:"zone,omitempty"`
	OS      string    `json:"os,omitempty"`
	Kernel  string    `json:"kernel,omitempty"`
	Runtime string    `json:"runtime,omitempty"`
	// ProviderID is the target's own id of the machine.
	ProviderID string `json:"providerID,omitempty"`
}

// Trouble is a condition of a node that should not hold.
type Trouble struct {
	Condition string `json:"condition"`
	Message   string `json:"message,omitempty"`
}

// Machine is how far phase 2 is on a host.
type Machine struct {
	// State is running, done or failed as the host says, or empty where it says
	// nothing yet.
	State string `json:"state,omitempty"`
	// Doing is what it waits for or does; empty where phase 2 is done.
	Doing string `json:"doing,omitempty"`
}

// Pool is a pool of workers.
type Pool struct {
	Name string `json:"name"`
	// Wanted is how many nodes the config wants; Most, above zero, how many it
	// allows something else to make, and Wanted is then the fewest.
	Wanted int `json:"wanted"`
	Most   int `json:"most,omitempty"`
	// Ready is judged.
	Ready int `json:"ready"`
}

// Addon is what one folder of addons/ brought into the cluster.
type Addon struct {
	Name string `json:"name"`
	// Ready and Wanted count pods; both are zero where nothing of it runs.
	Ready  int `json:"ready"`
	Wanted int `json:"wanted"`
	// Objects is how many objects it has.
	Objects int `json:"objects"`
	// Reasons say what is not ready, each naming the object.
	Reasons []string `json:"reasons,omitempty"`
	// Unmanaged tells that it is in the user's hands: nothing of it is counted
	// or judged.
	Unmanaged bool `json:"unmanaged,omitempty"`
}

// Certificate is one certificate that could be seen.
type Certificate struct {
	// Name is what it is, as a person says it: "kube-apiserver of a-1".
	Name      string    `json:"name"`
	NotBefore time.Time `json:"notBefore"`
	NotAfter  time.Time `json:"notAfter"`
	// Kind says who renews it: Leaf, User or Authority.
	Kind string `json:"kind"`
}

// Kinds of certificates by who renews them: a timer on the host, its user, and
// whoever replaces an authority.
const (
	Leaf      = "leaf"
	User      = "user"
	Authority = "authority"
)

// Unknown is a question that was not answered.
type Unknown struct {
	What string `json:"what"`
	Why  string `json:"why"`
}

// Problem is something wrong.
type Problem struct {
	// Of is what it is about: a node, an addon, "API".
	Of string `json:"of"`
	// Is says what is wrong.
	Is string `json:"is"`
	// Next are commands that help, or tell more.
	Next []string `json:"next,omitempty"`
}

// Drift is what is not as the config, or the last apply, has it.
type Drift struct {
	Found []Difference `json:"found"`
}

// Difference is one thing that is not as wanted.
type Difference struct {
	// Phase is one of Provision, Bootstrap and Addons.
	Phase string `json:"phase"`
	// Of is the thing, What of it differs.
	Of   string `json:"of"`
	What string `json:"what,omitempty"`
	// Wanted and Is are the two values; empty where they cannot be shown.
	Wanted string `json:"wanted,omitempty"`
	Is     string `json:"is,omitempty"`
	// Means says what bringing it back would do.
	Means string `json:"means,omitempty"`
}
