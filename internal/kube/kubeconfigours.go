package kube

import (
	"maps"

	"k8s.io/apimachinery/pkg/runtime"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// extension marks entries of a kubeconfig as made by this program, in the
// place that the format has for it, as minikube's do.
const extension = "kubernetes-anywhere.io"

// adminName is the common name of certificates of this program, by which the
// entries are known that were written before there were marks.
const adminName = "kubernetes-anywhere-admin"

func mark(extensions map[string]runtime.Object) map[string]runtime.Object {
	marked := maps.Clone(extensions)
	if marked == nil {
		marked = map[string]runtime.Object{}
	}
	marked[extension] = &runtime.Unknown{Raw: []byte(`{"made-by":"kubectl-anywhere"}`), ContentType: runtime.ContentTypeJSON}
	return marked
}

// entry is one of the three entries of a name.
type entry struct {
	kind       string
	there      bool
	extensions map[string]runtime.Object
	remove     func()
}

// entries are the context, cluster and user of a name, there or not.
func entries(config *clientcmdapi.Config, name string) []entry {
	cluster := entry{kind: "cluster", remove: func() { delete(config.Clusters, name) }}
	if c := config.Clusters[name]; c != nil {
		cluster.there, cluster.extensions = true, c.Extensions
	}
	user := entry{kind: "user", remove: func() { delete(config.AuthInfos, name) }}
	if u := config.AuthInfos[name]; u != nil {
		user.there, user.extensions = true, u.Extensions
	}
	return []entry{contextOf(config, name), cluster, user}
}

func contextOf(config *clientcmdapi.Config, name string) entry {
	context := entry{kind: "context", remove: func() { delete(config.Contexts, name) }}
	if c := config.Contexts[name]; c != nil {
		context.there, context.extensions = true, c.Extensions
	}
	return context
}

// isOurs tells whether this program made an entry.
func isOurs(config *clientcmdapi.Config, name string, e entry) bool {
	_, marked := e.extensions[extension]
	return marked || beforeMarks(config, name)
}

// beforeMarks tells whether the three entries are a set that this program
// wrote before it marked them.
func beforeMarks(config *clientcmdapi.Config, name string) bool {
	context, user := config.Contexts[name], config.AuthInfos[name]
	if context == nil || user == nil || context.Cluster != name || context.AuthInfo != name {
		return false
	}
	certificate, err := pki.ParseCertificate(user.ClientCertificateData)
	return err == nil && certificate.Subject.CommonName == adminName
}

// owns tells whether any of the three entries is ours.
func owns(config *clientcmdapi.Config, name string) bool {
	for _, e := range entries(config, name) {
		if e.there && isOurs(config, name, e) {
			return true
		}
	}
	return false
}

// foreignEntry is the first entry of that name that somebody else made, in
// words; empty for none.
func foreignEntry(config *clientcmdapi.Config, name string) string {
	for _, e := range entries(config, name) {
		if e.there && !isOurs(config, name, e) {
			return "the " + e.kind + " \"" + name + "\" of your kubeconfig"
		}
	}
	return ""
}
