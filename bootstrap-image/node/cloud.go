package node

import (
	"fmt"
	"net"
	"net/netip"
	"strings"
)

// metadataRules is the file of firewall rules of a host of a cloud.
const metadataRules = etcKubernetes + "/metadata.nft"

// metadataPorts are, by cloud, where the machine's identity and user-data are
// given away to whoever asks. Azure's second address is its host agent's,
// which hands out a machine's extensions and certificates. The same addresses
// answer DNS, which pods do need.
func metadataPorts(cloud string) map[string]string {
	ports := map[string]string{"169.254.169.254": "80"}
	if cloud == Azure {
		ports["168.63.129.16"] = "{ 80, 32526 }"
	}
	return ports
}

// metadata shuts the metadata service to pods: with the machine's identity a
// pod could read the node bundle, and with the token in it join the cluster as
// a node. The host's own traffic, and that of pods on its network, is not
// forwarded and so not concerned. The rules are a table of their own, which no
// other program that writes rules clears, and stand behind every address
// translation, so that no service leads there either. The kubelet's unit loads
// them before each start of the kubelet, and so before the first pod.
func (p plan) metadata(t *tree) {
	if p.bundle.Cloud == "" {
		return
	}
	rules := []string{
		"# Written by kubernetes-anywhere: no pod may act as this machine.",
		"table inet kubernetes-anywhere",
		"delete table inet kubernetes-anywhere",
		"table inet kubernetes-anywhere {",
		"\tchain metadata {",
		"\t\ttype filter hook forward priority filter; policy accept;",
	}
	ports := metadataPorts(p.bundle.Cloud)
	for _, address := range sortedKeys(ports) {
		rules = append(rules, fmt.Sprintf("\t\tip daddr %s tcp dport %s counter reject with tcp reset", address, ports[address]))
	}
	t.file(metadataRules, public, strings.Join(append(rules, "\t}", "}"), "\n")+"\n")
}

// instanceLabels are what a cloud's controller manager would write on a node.
// Where none runs the kubelet says it itself, which a node may.
func (p plan) instanceLabels() []string {
	var labels []string
	if p.bundle.CloudController {
		return nil
	}
	for _, label := range []struct{ key, value string }{
		{"node.kubernetes.io/instance-type", p.facts.Instance.Type},
		{"topology.kubernetes.io/region", p.facts.Instance.Region},
		{"topology.kubernetes.io/zone", p.facts.Instance.Zone},
	} {
		if label.value != "" {
			labels = append(labels, label.key+"="+label.value)
		}
	}
	return labels
}

// ownEndpoint is the address of the internal load balancer, on a control plane
// behind it, which then answers to that address itself; empty where the
// balancer goes by a name. No cloud promises that a machine reaches itself
// through a balancer, Azure's drops it, and what runs on the host's network,
// such as kube-proxy, calls the API by that address on every node.
func (p plan) ownEndpoint() string {
	host, _, err := net.SplitHostPort(p.bundle.Endpoint)
	if err != nil || p.bundle.Cloud == "" || p.bundle.Role != ControlPlane {
		return ""
	}
	if address, err := netip.ParseAddr(host); err != nil || !address.Is4() {
		return ""
	}
	for _, member := range p.bundle.ControlPlanes {
		if member.Address == host {
			return ""
		}
	}
	return host
}
