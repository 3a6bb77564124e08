package diagram_test

import (
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/azure"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/gcp"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// TestSketch_HasWhatIsBilled holds what targets tell for pictures against what
// they tell of costs, which tests of theirs hold against their programs.
func TestSketch_HasWhatIsBilled(t *testing.T) {
	const subscription = `"subscription":"00000000-0000-0000-0000-000000000000"`
	billed := map[string]target.Billed{"gcp": gcp.New(), "aws": aws.New(), "azure": azure.New()}
	for name, spec := range map[string]string{
		"gcp":            `{"target":"gcp","gcp":{"project":"my-project"}}`,
		"gcp private":    `{"target":"gcp","gcp":{"project":"my-project","access":{"privateEndpoint":true}}}`,
		"gcp existing":   `{"target":"gcp","gcp":{"project":"my-project","existing":{"network":"n","subnetwork":"s"}}}`,
		"aws":            `{"target":"aws"}`,
		"aws private":    `{"target":"aws","aws":{"access":{"privateEndpoint":true}}}`,
		"aws many NATs":  `{"target":"aws","aws":{"natPerZone":true}}`,
		"aws existing":   `{"target":"aws","aws":{"zones":["us-east-2a"],"access":{"privateEndpoint":true},"existing":{"network":"vpc-0123456789abcdef0","subnets":{"us-east-2a":"subnet-0123456789abcdef0"}}}}`,
		"azure":          `{"target":"azure","azure":{` + subscription + `}}`,
		"azure private":  `{"target":"azure","azure":{` + subscription + `,"access":{"privateEndpoint":true}}}`,
		"azure existing": `{"target":"azure","azure":{` + subscription + `,"existing":{"subnet":"/subscriptions/00000000-0000-0000-0000-000000000000/resourceGroups/g/providers/Microsoft.Network/virtualNetworks/n/subnets/s"}}}`,
	} {
		cluster := load(t, spec)
		sketch := cluster.Spec.Block.(target.Sketched).Sketch(cluster)
		balancers, gateways := 0, 0
		for _, charge := range billed[cluster.Spec.Target].Bill(cluster) {
			switch what := strings.ToLower(charge.What); {
			case strings.Contains(what, "load balancer"):
				balancers += charge.Count
			case strings.Contains(what, "nat gateway"):
				gateways += charge.Count
			}
		}
		if balancers != len(sketch.Fronts) || gateways != len(sketch.WaysOut) {
			t.Errorf("%s: %d load balancers and %d NAT gateways are billed, and drawn are %v and %v", name, balancers, gateways, sketch.Fronts, sketch.WaysOut)
		}
		if existing := strings.Contains(name, "existing"); sketch.Existing != existing {
			t.Errorf("%s: the network is the user's: %v", name, sketch.Existing)
		}
		if len(sketch.Zones) == 0 || sketch.Place == "" {
			t.Errorf("%s: the sketch is %+v", name, sketch)
		}
	}
}
