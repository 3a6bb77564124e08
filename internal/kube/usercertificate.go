package kube

import (
	"errors"
	"fmt"

	clientcmdapi "k8s.io/client-go/tools/clientcmd/api"
)

// UserCertificate is the client certificate, in PEM, of a context of the user's
// own kubeconfig, and the file that holds it. Both are empty where there is no
// such context, or where it embeds none. An empty file means where kubectl
// would look.
func UserCertificate(file, name string) (where string, certificate []byte, err error) {
	where, user, err := userOf(file, name)
	if err != nil || user == nil || len(user.ClientCertificateData) == 0 {
		return "", nil, err
	}
	return where, user.ClientCertificateData, nil
}

// ReplaceCredentials puts the cluster and user of kubeconfig's current context in
// place of those of a context of the user's own kubeconfig, in the files they
// are in. A user that gets its credentials from a program goes on to. Which
// context is current, and every other one, stays as it is.
func ReplaceCredentials(file, name string, kubeconfig []byte) error {
	_, cluster, user, err := currentOf(name, kubeconfig)
	if err != nil {
		return err
	}
	err = edit(access(file), "", func(config *clientcmdapi.Config) (bool, error) {
		context := config.Contexts[name]
		if context == nil {
			return false, errors.New("there is no such context")
		}
		cluster, user := cluster.DeepCopy(), user.DeepCopy()
		cluster.LocationOfOrigin, user.LocationOfOrigin = "", ""
		if old := config.Clusters[context.Cluster]; old != nil {
			cluster.LocationOfOrigin, cluster.Extensions = old.LocationOfOrigin, old.Extensions
		}
		config.Clusters[context.Cluster] = cluster
		old := config.AuthInfos[context.AuthInfo]
		if old != nil && old.Exec != nil {
			return false, nil
		}
		if old != nil {
			user.LocationOfOrigin, user.Extensions = old.LocationOfOrigin, old.Extensions
		}
		config.AuthInfos[context.AuthInfo] = user
		return false, nil
	})
	if err != nil {
		return fmt.Errorf("replacing the credentials of context %q: %w", name, err)
	}
	return nil
}
