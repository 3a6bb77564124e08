package cli

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/complete/setup"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

const (
	// credentialLife is how long a certificate is good that kubectl is given
	// through an exec credential.
	credentialLife = time.Hour
	// credentialSpare is how much of that is left to one that is still given
	// out: what kubectl begins with it has time to end.
	credentialSpare = 15 * time.Minute
	// programName is this program's, as krew and make install it.
	programName = setup.Program
)

// newCredential is hidden: it is kubectl that types it, as 'kubeconfig --exec'
// has told it to.
func newCredential(env Environment) *cobra.Command {
	flags := &clusterFlags{}
	cmd := &cobra.Command{
		Use:    "credential [NAME]",
		Hidden: true,
		Short:  "Issue a certificate of an hour, for kubectl to call",
		Long: `Issue an administrator's certificate of an hour, as kubectl asks for it where a
kubeconfig was made by 'kubectl anywhere kubeconfig --exec'. One that was issued
is given again until a quarter of an hour before it ends.`,
		Example: `  # See what kubectl is given
  kubectl anywhere credential anywhere`,
		Args: atMostName,
	}
	cmd.RunE = flags.with(env, nil, (*session).printCredential)
	flags.addFlags(cmd)
	return cmd
}

func (s *session) printCredential(ctx context.Context) error {
	now := time.Now()
	data, good := s.keptCredential(now)
	if !good {
		out, err := s.outputs(ctx)
		if err != nil {
			return err
		}
		if data, err = issueCredential(out, now); err != nil {
			return err
		}
		s.keepCredential(data)
	}
	_, err := s.env.Out.Write(data)
	return err
}

// issueCredential makes a credential that begins now.
func issueCredential(out target.Outputs, now time.Time) ([]byte, error) {
	pair, err := adminPair(out, now, credentialLife)
	if err != nil {
		return nil, err
	}
	certificate, err := pki.ParseCertificate(pair.Certificate)
	if err != nil {
		return nil, err
	}
	return kube.Credential(pair, certificate.NotAfter)
}

// keptCredential is the one that was issued last, where it is good for a while.
func (s *session) keptCredential(now time.Time) ([]byte, bool) {
	data, err := os.ReadFile(s.dir.CredentialFile())
	if err != nil {
		return nil, false
	}
	pair, err := kube.CredentialPair(data)
	if err != nil {
		return nil, false // whatever it is, another one takes its place
	}
	certificate, err := pki.ParseCertificate(pair.Certificate)
	if err != nil || !pki.Matches(certificate, pair.Key) {
		return nil, false
	}
	return data, certificate.NotBefore.Before(now) && certificate.NotAfter.Sub(now) > credentialSpare
}

// keepCredential keeps one for the next call, where the cluster has a folder
// here. One that cannot be kept is issued anew each time, which is only slower.
func (s *session) keepCredential(data []byte) {
	if !s.isKept() {
		return
	}
	if err := s.dir.Keep(s.dir.CredentialFile(), data); err != nil {
		s.env.detail(1, "%v", err)
	}
}

// isKept tells whether the cluster is known on this machine by its name.
func (s *session) isKept() bool {
	_, err := os.Stat(s.dir.ConfigFile())
	return err == nil
}

// execKubeconfig is a kubeconfig without a key, that has kubectl call this
// program. file and state are the flags by which the cluster was found.
func (s *session) execKubeconfig(out target.Outputs, file, state string) ([]byte, error) {
	name := s.cluster.Metadata.Name
	args := []string{"credential", name}
	if !s.isKept() {
		// Nothing here knows the cluster by its name.
		if file == "" {
			file = defaultConfig
		}
		if file == "-" {
			return nil, &usageError{errors.New("--exec: the config comes from standard input, which kubectl cannot give again; name a file")}
		}
		path, err := filepath.Abs(file)
		if err != nil {
			return nil, fmt.Errorf("finding the cluster config: %w", err)
		}
		args = []string{"credential", "--filename=" + path}
		if state != "" {
			args = append(args, "--state="+state)
		}
	}
	return pki.Kubeconfig{
		Context: name, Cluster: name, User: name,
		Server:    out.Endpoint,
		Authority: []byte(out.CA.Certificate),
		Exec: &pki.Exec{
			Command: s.env.command(), Args: args,
			Hint: "kubectl-anywhere issues the certificates of this cluster: install it on the path,\nor type 'kubectl anywhere kubeconfig --exec --merge " + name + "' where it is.",
		},
	}.YAML()
}

// command is what to call this program by: its name where that is what the path
// finds, which outlives an upgrade, or else its place.
func (env Environment) command() string {
	found, err := exec.LookPath(programName)
	if env.Program == "" || err == nil && isSameFile(found, env.Program) {
		return programName
	}
	return env.Program
}

func isSameFile(a, b string) bool {
	first, err := os.Stat(a)
	if err != nil {
		return false
	}
	second, err := os.Stat(b)
	return err == nil && os.SameFile(first, second)
}
