// Command kube is every Kubernetes component of a node and of a control plane
// in one program. It acts as the component it is called by: the last element
// of os.Args[0], or the first argument where that names none.
//
// One link and one copy on disk serve five components, and their code is
// mapped once on a host that runs several of them.
package main

import (
	"context"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"k8s.io/component-base/cli"
	_ "k8s.io/component-base/logs/json/register"
	_ "k8s.io/component-base/metrics/prometheus/clientgo"
	_ "k8s.io/component-base/metrics/prometheus/version"
	apiserver "k8s.io/kubernetes/cmd/kube-apiserver/app"
	manager "k8s.io/kubernetes/cmd/kube-controller-manager/app"
	proxy "k8s.io/kubernetes/cmd/kube-proxy/app"
	scheduler "k8s.io/kubernetes/cmd/kube-scheduler/app"
	kubelet "k8s.io/kubernetes/cmd/kubelet/app"
)

// components makes a command on demand: making one registers its flags and
// feature gates, which the others must not see.
var components = map[string]func() *cobra.Command{
	"kube-apiserver":          apiserver.NewAPIServerCommand,
	"kube-controller-manager": manager.NewControllerManagerCommand,
	"kube-proxy":              proxy.NewProxyCommand,
	"kube-scheduler":          func() *cobra.Command { return scheduler.NewSchedulerCommand() },
	"kubelet":                 func() *cobra.Command { return kubelet.NewKubeletCommand(context.Background()) },
}

func main() {
	args := os.Args
	name := filepath.Base(args[0])
	if components[name] == nil && len(args) > 1 {
		name, args = args[1], args[1:]
	}
	component := components[name]
	if component == nil {
		known := strings.Join(slices.Sorted(maps.Keys(components)), ", ")
		fmt.Fprintf(os.Stderr, "kube: %q is no component; call one of: %s\n", name, known)
		os.Exit(2)
	}
	os.Args = append([]string{name}, args[1:]...)
	os.Exit(cli.Run(component()))
}
