// Command coredns is CoreDNS with the plugins that a cluster needs. The stock
// program links the clients of four clouds besides, which takes four times as
// long to build and three times the space.
package main

import (
	"fmt"
	"os"

	"github.com/coredns/coredns/core/dnsserver"
	"github.com/coredns/coredns/coremain"
	_ "github.com/coredns/coredns/plugin/bind"
	_ "github.com/coredns/coredns/plugin/cache"
	_ "github.com/coredns/coredns/plugin/debug"
	_ "github.com/coredns/coredns/plugin/errors"
	_ "github.com/coredns/coredns/plugin/file"
	_ "github.com/coredns/coredns/plugin/forward"
	_ "github.com/coredns/coredns/plugin/health"
	_ "github.com/coredns/coredns/plugin/hosts"
	_ "github.com/coredns/coredns/plugin/kubernetes"
	_ "github.com/coredns/coredns/plugin/loadbalance"
	_ "github.com/coredns/coredns/plugin/log"
	_ "github.com/coredns/coredns/plugin/loop"
	_ "github.com/coredns/coredns/plugin/metrics"
	_ "github.com/coredns/coredns/plugin/ready"
	_ "github.com/coredns/coredns/plugin/reload"
	_ "github.com/coredns/coredns/plugin/rewrite"
	_ "github.com/coredns/coredns/plugin/root"
	_ "github.com/coredns/coredns/plugin/template"
)

func main() {
	// The order is that in which a query passes the plugins; it is upstream's.
	err := dnsserver.SetDirectives([]string{
		"root", "reload", "bind", "debug", "ready", "health", "prometheus", "errors", "log",
		"loadbalance", "rewrite", "cache", "template", "hosts", "kubernetes", "file", "loop", "forward",
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, "coredns: choosing plugins:", err)
		os.Exit(1)
	}
	coremain.Run()
}
