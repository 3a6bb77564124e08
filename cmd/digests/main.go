// Command digests pins the images of addons/ by what their registries hold: see
// hack/digests.sh.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/digests"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

func main() {
	folder := flag.String("folder", "addons", "the tree of kustomizations")
	all := flag.Bool("all", false, "pin what archives hold, too: hosts must pull these then")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	err := digests.Pin(ctx, digests.Options{Folder: *folder, Skip: skipped(*all), Say: func(format string, args ...any) {
		fmt.Printf(format+"\n", args...)
	}})
	stop()
	if err != nil {
		fmt.Fprintf(os.Stderr, "digests: %v\n", err)
		os.Exit(1)
	}
}

// skipped are the images that have the cluster's own version, and, unless all is
// wanted, those that archives hold.
func skipped(all bool) []string {
	set := images.For("v0", "")
	references := []string{set.Proxy, set.Bootstrap}
	if !all {
		references = append(references, set.CoreDNS, set.Flannel, set.MetricsServer)
		for _, component := range images.Optional() {
			references = append(references, images.OptionalReferences(component, "")...)
		}
	}
	for i, reference := range references {
		references[i] = reference[:strings.LastIndex(reference, ":")]
	}
	return references
}
