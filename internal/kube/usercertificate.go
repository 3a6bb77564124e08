package kube

import (
	"fmt"

	"k8s.io/client-go/tools/clientcmd"
)

// UserCertificate is the client certificate, in PEM, of a context of the user's
// own kubeconfig, and the file that holds it. Both are empty where there is no
// such context, or where it embeds none. An empty file means where kubectl
// would look.
func UserCertificate(file, name string) (where string, certificate []byte, err error) {
	from := access(file)
	config, err := from.GetStartingConfig()
	if err != nil {
		return "", nil, fmt.Errorf("reading the user's kubeconfig: %w", err)
	}
	context := config.Contexts[name]
	if context == nil {
		return "", nil, nil
	}
	user := config.AuthInfos[context.AuthInfo]
	if user == nil || len(user.ClientCertificateData) == 0 {
		return "", nil, nil
	}
	if where = user.LocationOfOrigin; where == "" {
		where = from.GetDefaultFilename()
	}
	return where, user.ClientCertificateData, nil
}

// ReplaceCredentials puts the cluster and user of kubeconfig's current context in
// place of those of a context of the user's own kubeconfig, in the files they
// are in. Which context is current, and every other one, stays as it is.
func ReplaceCredentials(file, name string, kubeconfig []byte) error {
	from, err := clientcmd.Load(kubeconfig)
	if err != nil {
		return fmt.Errorf("reading the kubeconfig of %q: %w", name, err)
	}
	given := from.Contexts[from.CurrentContext]
	if given == nil || from.Clusters[given.Cluster] == nil || from.AuthInfos[given.AuthInfo] == nil {
		return fmt.Errorf("reading the kubeconfig of %q: its current context %q is not complete", name, from.CurrentContext)
	}
	to := access(file)
	config, err := to.GetStartingConfig()
	if err != nil {
		return fmt.Errorf("reading the user's kubeconfig: %w", err)
	}
	context := config.Contexts[name]
	if context == nil {
		return fmt.Errorf("replacing the credentials of context %q: there is no such context", name)
	}
	user := from.AuthInfos[given.AuthInfo].DeepCopy()
	user.LocationOfOrigin = ""
	if old := config.AuthInfos[context.AuthInfo]; old != nil {
		user.LocationOfOrigin = old.LocationOfOrigin
	}
	config.Clusters[context.Cluster] = inPlaceOf(config.Clusters[context.Cluster], from.Clusters[given.Cluster])
	config.AuthInfos[context.AuthInfo] = user
	if err := clientcmd.ModifyConfig(to, *config, true); err != nil {
		return fmt.Errorf("writing context %q: %w", name, err)
	}
	return nil
}
