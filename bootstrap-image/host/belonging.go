package host

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// belonging is whose a host is, by what is on it.
type belonging struct {
	// ours tells that this program has set the host up.
	ours bool
	// cluster and role are empty where nothing says them.
	cluster, role string
	// authorities are the SHA-256 of the certificates that it trusts.
	authorities []string
}

// caPath is the authority that a node trusts, ours and kubeadm's alike.
const caPath = "/etc/kubernetes/pki/ca.crt"

// belongsTo finds out whose the host is.
func (r *run) belongsTo() (belonging, error) {
	trusted, _ := r.root.read(caPath)
	out := belonging{authorities: fingerprints(trusted)}
	rec, found, err := readRecord(r.root)
	switch {
	case err != nil:
		return out, err
	case found:
		out.ours, out.cluster, out.role = true, rec.Cluster, rec.Role
		out.authorities = append(out.authorities, rec.Authorities...)
		return out, nil
	case !r.setUpBefore():
		return out, nil
	}
	out.ours, out.cluster, out.role = true, r.keptCluster(), node.Worker
	if r.root.exists(node.ManifestsPath + "/kube-apiserver.yaml") {
		out.role = node.ControlPlane
	}
	return out, nil
}

// setUpBefore tells that a version of this program that kept no record has set
// the host up: its kubelet's unit is like no other.
func (r *run) setUpBefore() bool {
	unit, err := r.root.read(unitsFolder + node.KubeletUnit)
	return err == nil && strings.Contains(string(unit), "run --rm --name kubelet ")
}

var clusterOfContext = regexp.MustCompile(`current-context: \S+@(\S+)`)

// keptCluster is the name of the cluster by files that nodes have had from the
// first version on.
func (r *run) keptCluster() string {
	if document, err := r.root.read(KeptBundle); err == nil {
		var kept node.Bundle
		if json.Unmarshal(document, &kept) == nil && kept.Cluster.Metadata.Name != "" {
			return kept.Cluster.Metadata.Name
		}
	}
	for _, file := range []string{node.AdminPath, "/etc/kubernetes/bootstrap-kubelet.conf"} {
		if kubeconfig, err := r.root.read(file); err == nil {
			if match := clusterOfContext.FindSubmatch(kubeconfig); match != nil {
				return string(match[1])
			}
		}
	}
	return ""
}

// fingerprints are the SHA-256 of each certificate of a PEM document.
func fingerprints(document []byte) []string {
	var out []string
	for {
		var block *pem.Block
		if block, document = pem.Decode(document); block == nil {
			return out
		}
		sum := sha256.Sum256(block.Bytes)
		out = append(out, hex.EncodeToString(sum[:]))
	}
}

// shares tells whether two lists have something in common. While one authority
// takes over from another, the old list and the new one do.
func shares(a, b []string) bool {
	return slices.ContainsFunc(a, func(one string) bool { return slices.Contains(b, one) })
}
