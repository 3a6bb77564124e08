package node

import (
	"bytes"
	"encoding/json"
	"fmt"
)

// What a bundle calls itself.
const (
	APIVersion = "kubernetes-anywhere.io/v1alpha1"
	Kind       = "NodeBundle"
)

// ReadBundle reads a bundle strictly: a field that this program does not know
// is a promise that it cannot keep.
func ReadBundle(document []byte) (Bundle, error) {
	var b Bundle
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&b); err != nil {
		return Bundle{}, fmt.Errorf("reading the node bundle: %w; make it with the same version of kubectl anywhere as this image", err)
	}
	return b, b.check()
}

// check refuses a bundle from which no node could be made.
func (b Bundle) check() error {
	need := map[string]string{
		"cluster.metadata.name":          b.Cluster.Metadata.Name,
		"cluster.spec.kubernetesVersion": b.Cluster.Spec.KubernetesVersion,
		"endpoint":                       b.Endpoint,
		"credentials.ca.certificate":     b.Credentials.CA.Certificate,
		"credentials.bootstrapToken":     b.Credentials.BootstrapToken,
	}
	switch {
	case b.APIVersion != APIVersion || b.Kind != Kind:
		return fmt.Errorf("reading the node bundle: it is %s %s, this image reads %s %s", b.APIVersion, b.Kind, APIVersion, Kind)
	case b.Role == ControlPlane:
		need["credentials.ca.key"] = b.Credentials.CA.Key
		need["credentials.etcdCA.key"] = b.Credentials.EtcdCA.Key
		need["credentials.frontProxyCA.key"] = b.Credentials.FrontProxyCA.Key
		need["credentials.serviceAccountKey"] = b.Credentials.ServiceAccountKey
		need["credentials.encryptionKey"] = b.Credentials.EncryptionKey
	case b.Role != Worker:
		return fmt.Errorf("reading the node bundle: role %q is neither %s nor %s", b.Role, ControlPlane, Worker)
	case b.Credentials.CA.Key != "":
		return fmt.Errorf("reading the node bundle: it gives the key of the authority to a worker; make a new bundle")
	}
	if b.Standalone && b.Role == ControlPlane {
		// Tokens are then made one by one, and none is a control plane's own.
		delete(need, "credentials.bootstrapToken")
	}
	if b.Cloud != "" && b.Cloud != GCP && b.Cloud != AWS && b.Cloud != Azure {
		return fmt.Errorf("reading the node bundle: cloud %q is none of %s, %s, %s; make a new bundle", b.Cloud, GCP, AWS, Azure)
	}
	for _, field := range sortedKeys(need) {
		if need[field] == "" {
			return fmt.Errorf("reading the node bundle of a %s: %s is empty; make a new bundle", b.Role, field)
		}
	}
	return nil
}
