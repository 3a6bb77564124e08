package render

import (
	_ "embed"
	"fmt"
	"maps"
	"path"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/diagram"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// guideFile tells a stranger what is where.
const guideFile = "README.md"

// resourcesFile is the graph of resources.
const resourcesFile = "resources.mmd"

// The pictures of the cluster.
const (
	graphSVG     = ProvisionDir + "/graph.svg"
	graphMermaid = ProvisionDir + "/graph.mmd"
)

// guideWords and provisionWords are those files; what stands in @…@ is of the
// cluster.
//
//go:embed guide.md
var guideWords string

//go:embed provision.md
var provisionWords string

// assumedWords are said of targets whose resources get part of what they are
// from a cloud.
//
//go:embed assumed.md
var assumedWords string

// guide adds what explains the rest: words and pictures.
func (out *Rendered) guide(t target.Target, in target.Inputs, o Options) {
	c := in.Cluster
	var nodes strings.Builder
	for _, name := range slices.Sorted(maps.Keys(out.Nodes)) {
		n := out.Nodes[name]
		what := "workers of this pool"
		if n.Role == node.ControlPlane {
			what = "control planes"
		}
		fmt.Fprintf(&nodes, "- `%s/%s/`: what makes a host one of the %s,\n  %d files, by the example of `%s`.\n", BootstrapDir, name, what, len(n.Files), n.Facts.Hostname)
	}
	command := o.Command
	if command == "" {
		command = "kubectl anywhere render"
	}
	fill := strings.NewReplacer(
		"@NAME@", c.Metadata.Name, "@TARGET@", c.Spec.Target, "@VERSION@", c.Spec.KubernetesVersion,
		"@COMMAND@", command, "@NODES@\n", nodes.String(), "@ENDPOINT@", out.Endpoint,
	)
	out.Files[guideFile] = []byte(fill.Replace(guideWords))
	words := provisionWords
	if _, published := t.(target.Published); published {
		words += "\n" + assumedWords
	}
	out.Files[path.Join(ProvisionDir, guideFile)] = []byte(fill.Replace(words))
	graph := diagram.Of(c, diagram.Facts{})
	out.Files[graphSVG] = graph.SVG()
	out.Files[graphMermaid] = []byte(graph.Mermaid())
}

// resourceGraph is a Mermaid flow chart of what is made from what.
func resourceGraph(records []Record) []byte {
	var out strings.Builder
	out.WriteString("%% An arrow leads from a resource to what is made from it.\nflowchart LR\n")
	known := map[string]bool{}
	for _, r := range records {
		known[r.file()] = true
		kind := r.Type[strings.LastIndex(r.Type, ":")+1:]
		fmt.Fprintf(&out, "  %s[\"%s<br/>%s\"]\n", mermaidID(r.file()), kind, r.Name)
	}
	for _, r := range records {
		for _, need := range r.needs() {
			if known[need] {
				fmt.Fprintf(&out, "  %s --> %s\n", mermaidID(need), mermaidID(r.file()))
			}
		}
	}
	return []byte(out.String())
}

// mermaidID is a name that Mermaid takes for one word: -- would be an arrow.
func mermaidID(name string) string {
	return strings.NewReplacer("-", "_", ".", "_", "/", "_", ":", "_").Replace(name)
}
