package pki

import (
	"fmt"

	"sigs.k8s.io/yaml"
)

// Kubeconfig is what a client needs to reach a cluster. It authenticates with
// the pair, the token or the file, whichever is set.
type Kubeconfig struct {
	// Context, Cluster and User are the names inside the file.
	Context, Cluster, User string
	// Server is the API's URL.
	Server string
	// TLSServerName is the name to verify where the server is reached by
	// another one; empty verifies the server's own.
	TLSServerName string
	// Authority is the certificate of the cluster's authority, in PEM.
	Authority []byte
	// AuthorityFile is the path of that certificate instead.
	AuthorityFile string
	Pair          Pair
	Token         string
	// PairFile is a file that holds certificate and key and is read again when
	// it changes.
	PairFile string
	// Exec is a program that issues credentials whenever they are needed.
	Exec *Exec
}

// ExecVersion is the API in which kubectl and such a program talk
// (https://kubernetes.io/docs/reference/config-api/client-authentication.v1/).
const ExecVersion = "client.authentication.k8s.io/v1"

// Exec says how a client gets credentials from a program.
type Exec struct {
	// Command is the program's path, or its name where it is on the path.
	Command string
	Args    []string
	// Hint is what kubectl says where there is no such program.
	Hint string
}

// The document's own shape, so that this package needs no client library.
type document struct {
	APIVersion     string         `json:"apiVersion"`
	Kind           string         `json:"kind"`
	Clusters       []namedCluster `json:"clusters"`
	Contexts       []namedContext `json:"contexts"`
	CurrentContext string         `json:"current-context"`
	Users          []namedUser    `json:"users"`
}

type namedCluster struct {
	Name    string  `json:"name"`
	Cluster cluster `json:"cluster"`
}

type cluster struct {
	Server        string `json:"server"`
	TLSServerName string `json:"tls-server-name,omitempty"`
	Authority     []byte `json:"certificate-authority-data,omitempty"`
	AuthorityFile string `json:"certificate-authority,omitempty"`
}

type namedContext struct {
	Name    string       `json:"name"`
	Context contextEntry `json:"context"`
}

type contextEntry struct {
	Cluster string `json:"cluster"`
	User    string `json:"user"`
}

type namedUser struct {
	Name string `json:"name"`
	User user   `json:"user"`
}

type user struct {
	CertificateData []byte `json:"client-certificate-data,omitempty"`
	KeyData         []byte `json:"client-key-data,omitempty"`
	Certificate     string `json:"client-certificate,omitempty"`
	Key             string `json:"client-key,omitempty"`
	Token           string `json:"token,omitempty"`
	Exec            *exec  `json:"exec,omitempty"`
}

type exec struct {
	APIVersion  string   `json:"apiVersion"`
	Command     string   `json:"command"`
	Args        []string `json:"args,omitempty"`
	InstallHint string   `json:"installHint,omitempty"`
	// InteractiveMode is required by this version of the API.
	InteractiveMode    string `json:"interactiveMode"`
	ProvideClusterInfo bool   `json:"provideClusterInfo"`
}

// entry is the program as the document has it; it never asks anything.
func (e *Exec) entry() *exec {
	if e == nil {
		return nil
	}
	return &exec{APIVersion: ExecVersion, Command: e.Command, Args: e.Args, InstallHint: e.Hint, InteractiveMode: "Never"}
}

// YAML writes the kubeconfig. It holds a secret unless it names a file.
func (k Kubeconfig) YAML() ([]byte, error) {
	out, err := yaml.Marshal(document{
		APIVersion: "v1",
		Kind:       "Config",
		Clusters: []namedCluster{{k.Cluster, cluster{
			Server: k.Server, TLSServerName: k.TLSServerName, Authority: k.Authority, AuthorityFile: k.AuthorityFile,
		}}},
		Contexts:       []namedContext{{k.Context, contextEntry{k.Cluster, k.User}}},
		CurrentContext: k.Context,
		Users: []namedUser{{k.User, user{
			CertificateData: k.Pair.Certificate,
			KeyData:         k.Pair.Key,
			Certificate:     k.PairFile,
			Key:             k.PairFile,
			Token:           k.Token,
			Exec:            k.Exec.entry(),
		}}},
	})
	if err != nil {
		return nil, fmt.Errorf("writing the kubeconfig of %q: %w", k.Context, err)
	}
	return out, nil
}

// PairOf reads the client certificate that a kubeconfig embeds.
func PairOf(kubeconfig []byte) (Pair, error) {
	var doc document
	if err := yaml.Unmarshal(kubeconfig, &doc); err != nil {
		return Pair{}, fmt.Errorf("reading a kubeconfig: %w", err)
	}
	for _, entry := range doc.Users {
		if len(entry.User.CertificateData) > 0 {
			return Pair{Certificate: entry.User.CertificateData, Key: entry.User.KeyData}, nil
		}
	}
	return Pair{}, fmt.Errorf("reading the kubeconfig %q: it embeds no client certificate", doc.CurrentContext)
}
