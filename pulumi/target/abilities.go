package target

import (
	"context"
	"fmt"
	"io"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
)

// What a target can be beyond Target, each a small interface of its own.
type (
	// Published is a target whose resources are those of Pulumi's published
	// providers, which the engine fetches as plugins.
	Published interface {
		Plugins() []Plugin
	}
	// Billed is a target whose resources cost money.
	Billed interface {
		// Bill lists what is paid for while the cluster exists. It reads the
		// config and nothing else, and knows no prices: they change, and differ
		// by contract.
		Bill(cluster *config.Cluster) []Charge
	}
	// Pulling is a target whose hosts pull their images from a registry:
	// archives on this machine are of no use to them.
	Pulling interface {
		PullsImages()
	}
	// Carried is a target whose hosts are made of an image that this machine
	// has; a kit for a machine without a way out brings it along.
	Carried interface {
		// SaveHostImage writes that image into a file at path.
		SaveHostImage(ctx context.Context, cluster *config.Cluster, path string) error
		// LoadHostImage sees to it that this machine has it, from such a file.
		LoadHostImage(ctx context.Context, cluster *config.Cluster, path string) error
	}
)

// Narrating is a target whose hosts become nodes while its program runs.
type Narrating interface {
	// Narrate has what hosts say meanwhile passed on: the host and what it is
	// at. heard may be called from several goroutines; nil ends it.
	Narrate(heard func(host, line string))
}

// Lengthy is a target with resources of its own whose creation takes long or
// waits for that of others.
type Lengthy interface {
	// LengthyTypes are the tokens of those resources; see engine.Options.
	LengthyTypes() []string
}

// Naming is a target that has its own names for workers, unlike
// config.Pool.NodeNames.
type Naming interface {
	// NodeNames are the names of a pool's nodes.
	NodeNames(cluster *config.Cluster, pool string) []string
}

// Reaching is a target on whose hosts a command can be run although the
// cluster's API does not answer.
type Reaching interface {
	// Run runs a command as root on a host. A status other than zero is an
	// *ExitError.
	Run(ctx context.Context, cluster *config.Cluster, host Host, command Command) error
}

// Command is a program to run on a host; each stream may be nil.
type Command struct {
	Args           []string
	Stdin          io.Reader
	Stdout, Stderr io.Writer
}

// ExitError is a command on a host that said no.
type ExitError struct {
	Host string
	Args []string
	Code int
}

// Error names the command and the host.
func (e *ExitError) Error() string {
	return fmt.Sprintf("running %q on host %q: exit status %d", strings.Join(e.Args, " "), e.Host, e.Code)
}

// Plugin is a published provider, pinned.
type Plugin struct {
	// Name is the provider's: gcp, aws, azure-native.
	Name string
	// Version has no v: 7.38.0.
	Version string
}

// Charge is one line of a bill.
type Charge struct {
	// Count is how many there are; Max, where above zero, how many there may be.
	Count int `json:"count"`
	Max   int `json:"max,omitempty"`
	// What is the cloud's own word: a machine type, a type of disk, "NAT gateway".
	What string `json:"what"`
	// For says what it serves: "control plane", "pool workers".
	For string `json:"for"`
}

// Identifying is a target that asks somebody else to make its hosts, in the
// name of whoever the credentials are of.
type Identifying interface {
	// Identity is who that is and where, in words for people: never a secret.
	// It asks the target's API where the credentials do not say it themselves.
	// An error may be an *Advised.
	Identity(ctx context.Context, cluster *config.Cluster) (string, error)
}

// Surveying is a target that knows more of the machine it runs on than whether
// its program would fail.
type Surveying interface {
	// Survey tells what was seen, by name of the thing looked at.
	Survey(ctx context.Context, in Inputs) []Sight
}

// Sight is one thing of a machine that was looked at.
type Sight struct {
	// Name is the thing's, the same at each look: storage, cgroups, memory.
	Name string
	doctor.Result
}

// Assuming is a target that knows of its hosts what a usual machine is not.
type Assuming interface {
	// AssumedFacts are what a host of a role, or of a pool, will say about
	// itself, as far as nobody has to ask it; known is false where nothing is.
	// Its name, addresses and clock are left out.
	AssumedFacts(cluster *config.Cluster, role, pool string) (facts node.Facts, known bool)
}

// Worded is a target whose addons' configs name things that only it knows: its
// project, a network, an identity.
type Worded interface {
	// Words are those names, by the word that stands for each in the files of
	// addons/, without its ".invalid". They are of the config alone: a render
	// has no more.
	Words(cluster *config.Cluster) map[string]string
}

// WordsOf are the target's, none where it has none.
func WordsOf(t Target, cluster *config.Cluster) map[string]string {
	if worded, ok := t.(Worded); ok {
		return worded.Words(cluster)
	}
	return nil
}

// Advised is an error with what to do about it, best a command to type.
type Advised struct {
	Err error
	Fix string
}

// Error is the error without the advice.
func (a *Advised) Error() string { return a.Err.Error() }

// Unwrap gives the error itself.
func (a *Advised) Unwrap() error { return a.Err }
