package kube

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// access is where kubectl keeps contexts: $KUBECONFIG, or ~/.kube/config, or
// one file that the user named.
func access(file string) clientcmd.ConfigAccess {
	options := clientcmd.NewDefaultPathOptions()
	options.LoadingRules.ExplicitPath = file
	return options
}

// MergeKubeconfig adds a cluster, user and context, each called name, from
// kubeconfig's current context to the user's own kubeconfig, and makes the
// context the current one. An empty file means where kubectl would look. It
// returns the file it wrote.
func MergeKubeconfig(file, name string, kubeconfig []byte) (string, error) {
	from, err := clientcmd.Load(kubeconfig)
	if err != nil {
		return "", fmt.Errorf("reading the kubeconfig of %q: %w", name, err)
	}
	context, ok := from.Contexts[from.CurrentContext]
	if !ok {
		return "", fmt.Errorf("reading the kubeconfig of %q: it has no current context", name)
	}
	cluster, user := from.Clusters[context.Cluster], from.AuthInfos[context.AuthInfo]
	if cluster == nil || user == nil {
		return "", fmt.Errorf("reading the kubeconfig of %q: context %q names a cluster or user that is not there", name, from.CurrentContext)
	}
	to := access(file)
	config, err := to.GetStartingConfig()
	if err != nil {
		return "", fmt.Errorf("reading the user's kubeconfig: %w", err)
	}
	config.Clusters[name] = inPlaceOf(config.Clusters[name], cluster)
	config.AuthInfos[name] = user
	config.Contexts[name] = &clientcmdapi.Context{Cluster: name, AuthInfo: name, Namespace: context.Namespace}
	config.CurrentContext = name
	if err := clientcmd.ModifyConfig(to, *config, true); err != nil {
		return "", fmt.Errorf("writing context %q: %w", name, err)
	}
	return to.GetDefaultFilename(), nil
}

// inPlaceOf keeps the new cluster in the file that the old one is in.
func inPlaceOf(old, cluster *clientcmdapi.Cluster) *clientcmdapi.Cluster {
	cluster = cluster.DeepCopy()
	cluster.LocationOfOrigin = ""
	if old != nil {
		cluster.LocationOfOrigin = old.LocationOfOrigin
	}
	return cluster
}

// RemoveKubeconfig takes the context, cluster and user called name out of the
// user's kubeconfig, and unsets the current context if it was that. It says
// whether there was anything to remove.
func RemoveKubeconfig(file, name string) (bool, error) {
	from := access(file)
	config, err := from.GetStartingConfig()
	if err != nil {
		return false, fmt.Errorf("reading the user's kubeconfig: %w", err)
	}
	_, isContext := config.Contexts[name]
	_, isCluster := config.Clusters[name]
	_, isUser := config.AuthInfos[name]
	if !isContext && !isCluster && !isUser && config.CurrentContext != name {
		return false, nil
	}
	delete(config.Contexts, name)
	delete(config.Clusters, name)
	delete(config.AuthInfos, name)
	if config.CurrentContext == name {
		config.CurrentContext = ""
	}
	if err := clientcmd.ModifyConfig(from, *config, true); err != nil {
		return false, fmt.Errorf("removing context %q: %w", name, err)
	}
	return true, nil
}
