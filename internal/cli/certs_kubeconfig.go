package cli

import (
	"context"
	"fmt"
	"path/filepath"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
)

// aboutOthers is said of the kubeconfigs that this machine does not have.
const aboutOthers = `
Kubeconfigs that were given out go on with the certificate that is in them until
it ends; those of 'kubectl anywhere kubeconfig --exec' get theirs by themselves.`

// renewKubeconfig renews the certificate of the user's own kubeconfig, where it
// has one of this cluster.
func (r *renewal) renewKubeconfig(_ context.Context, report phase.Reporter) error {
	found, err := r.usersCertificate(r.out, time.Now())
	if err != nil {
		return err
	}
	if found == nil {
		why, err := r.whyNone()
		if err == nil {
			report.Note("%s", why)
		}
		return err
	}
	data, err := r.adminKubeconfig(r.out)
	if err != nil {
		return err
	}
	if err := kube.ReplaceCredentials("", r.cluster.Metadata.Name, data); err != nil {
		return err
	}
	report.Note("context %q in %s has a new one", r.cluster.Metadata.Name, found.File)
	return nil
}

// whyNone says why there is no certificate in the user's kubeconfig to renew.
func (r *renewal) whyNone() (string, error) {
	name := r.cluster.Metadata.Name
	file, command, err := kube.UserCommand("", name)
	switch {
	case err != nil:
		return "", err
	case file == "":
		return "there is no kubeconfig of this cluster here; 'kubectl anywhere kubeconfig " + name + " --merge' writes one", nil
	case r.env.isOurs(command):
		return fmt.Sprintf("context %q in %s needs none: kubectl gets one of an hour there, as often as it asks", name, file), nil
	case len(command) > 0:
		return fmt.Sprintf("context %q in %s is left: it gets its credentials from %s", name, file, command[0]), nil
	}
	return fmt.Sprintf("context %q in %s is left: it has no certificate of this cluster", name, file), nil
}

// isOurs tells whether a command is that of 'kubeconfig --exec'.
func (env Environment) isOurs(command []string) bool {
	return len(command) > 1 && command[1] == "credential" &&
		(command[0] == env.command() || strings.TrimSuffix(filepath.Base(command[0]), ".exe") == programName)
}
