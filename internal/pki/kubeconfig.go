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
