package kube

import clientcmdapi "k8s.io/client-go/tools/clientcmd/api"

// UserCommand is what a context of the user's own kubeconfig calls for
// credentials, the program first, and the file that holds the context's user.
// The command is nil where it calls nothing, and the file empty where there is
// no such context. An empty file means where kubectl would look.
func UserCommand(file, name string) (where string, command []string, err error) {
	where, user, err := userOf(file, name)
	if err == nil && user != nil && user.Exec != nil {
		command = append([]string{user.Exec.Command}, user.Exec.Args...)
	}
	return where, command, err
}

// userOf finds the user of a context, nil where it has none, and the file that
// holds it, or else the context; empty where there is no such context.
func userOf(file, name string) (where string, user *clientcmdapi.AuthInfo, err error) {
	from := access(file)
	config, err := from.GetStartingConfig()
	if err != nil {
		return "", nil, unreadable(from, err)
	}
	context := config.Contexts[name]
	if context == nil {
		return "", nil, nil
	}
	where = context.LocationOfOrigin
	user = config.AuthInfos[context.AuthInfo]
	if user != nil && user.LocationOfOrigin != "" {
		where = user.LocationOfOrigin
	}
	if where == "" {
		where = from.GetDefaultFilename()
	}
	return where, user, nil
}
