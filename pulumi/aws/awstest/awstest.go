// Package awstest is AWS in the memory of a test: every type that a cluster is
// made of, refused what the real service would refuse. Inputs are turned into
// the requests that the published provider sends, and held against AWS's own
// description of its API (package api); what a description does not hold but
// bites in reality (addresses within a network, objects that must exist, names,
// sizes) is checked by hand.
package awstest

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"maps"
	"sync"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// What every id and address in this cloud is made with.
const (
	// Account is the number of the account that everything belongs to.
	Account = "123456789012"
	// Region is where everything is, but for what the config places in a zone.
	Region = "us-east-2"
)

// world is what the kinds of one cloud have in common.
type world struct {
	services api.Services
	cloud    *targettest.Cloud

	mu sync.Mutex
	// seen are the inputs of objects by id, kept because outputs are asked for
	// while the cloud is locked; versions count those of launch templates.
	seen     map[string]targettest.Properties
	versions map[string]int
	// given are the addresses that interfaces got, and taken how many of each
	// subnet.
	given map[string]string
	taken map[string]int
}

// New is an empty cloud. It panics when the description that is compiled in
// cannot be read, which the tests of package api rule out.
func New() *targettest.Cloud {
	services, err := api.Load()
	if err != nil {
		panic(err)
	}
	w := &world{services: services, seen: map[string]targettest.Properties{}, versions: map[string]int{}, given: map[string]string{}, taken: map[string]int{}}
	kinds := map[string]targettest.Kind{}
	for _, group := range []map[string]spec{w.network(), w.doors(), w.routes(), w.firewall(), w.machines(), w.disks(), w.balancers(), w.groups(), w.identities(), w.secrets()} {
		for kind, s := range group {
			kinds[kind] = w.kind(kind, s)
		}
	}
	// The explicit provider is checked by the engine's own means.
	w.cloud = targettest.NewCloud(kinds)
	return w.cloud
}

// kind makes a spec a kind.
func (w *world) kind(token string, s spec) targettest.Kind {
	return targettest.Kind{
		Check: func(inputs targettest.Properties) []targettest.Problem { return w.check(token, s, inputs) },
		ID:    s.id,
		Outputs: func(object targettest.Object) targettest.Properties {
			outputs := tagsAll(object.Inputs)
			if s.outputs != nil {
				maps.Copy(outputs, s.outputs(object))
			}
			w.mu.Lock()
			defer w.mu.Unlock()
			w.seen[object.ID] = targettest.Plain(object.Inputs)
			return outputs
		},
		Replace: s.replace, References: s.references, Namesakes: s.namesakes, Renewed: s.renewed,
	}
}

// inputsOf are those of an object that was made; nil for another id.
func (w *world) inputsOf(id string) targettest.Properties {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.seen[id]
}

// identifier makes ids such as vpc-0a1b…, the same for the same name.
func identifier(prefix, token string) func(string, targettest.Properties) string {
	return func(name string, _ targettest.Properties) string {
		return prefix + "-0" + digest(token, name)[:16]
	}
}

// digest is what deterministic ids and addresses are made from.
func digest(parts ...string) string {
	sum := sha256.Sum256(fmt.Append(nil, parts))
	return hex.EncodeToString(sum[:])
}

// arn names an object of a service in this account.
func arn(service, resource string) string {
	region := Region
	if service == "iam" {
		region = ""
	}
	return fmt.Sprintf("arn:aws:%s:%s:%s:%s", service, region, Account, resource)
}
