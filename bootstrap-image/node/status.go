package node

import "time"

// StatusPath is where the bootstrap says, on the host, how far it is.
const StatusPath = "/run/kubernetes-anywhere/status.json"

// States of a bootstrap.
const (
	Running = "running"
	Done    = "done"
	Failed  = "failed"
)

// The stages of a bootstrap, in order.
const (
	StageFacts        = "facts"        // what the host is
	StageBundle       = "bundle"       // what it is to become, and whether it can
	StageCertificates = "certificates" // its leafs
	StageIgnition     = "ignition"     // files and units
	StageUnits        = "units"        // disks, images, kernel settings, services
	StageKubelet      = "kubelet"
	StageEtcd         = "etcd"
	StageAPIServer    = "apiserver"
	StageRegistered   = "registered" // the API knows the node
	StageReady        = "ready"      // the cluster runs pods on it
)

// Status is what the bootstrap writes at every step, for people and for the
// waits of 'create'.
type Status struct {
	State string `json:"state"`
	// Stage is the name of the stage under way, the Nth of Stages.
	Stage  string `json:"stage"`
	N      int    `json:"n"`
	Stages int    `json:"stages"`
	// Waiting names what is waited for, empty when working.
	Waiting string `json:"waiting,omitempty"`
	// Error says what failed; LogTail is the end of the log of that thing.
	Error   string    `json:"error,omitempty"`
	LogTail []string  `json:"logTail,omitempty"`
	Updated time.Time `json:"updated"`
	// History is when each stage of this bootstrap was under way, in order. It
	// is empty where the status is read from a console, which tells no time.
	History []StageTime `json:"history,omitempty"`
}
