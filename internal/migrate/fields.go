package migrate

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
)

// field converts one field. The names are those of the Kconfig files below
// phase1, phase2 and phase3 of github.com/kubernetes-retired/kubernetes-anywhere
// at its last commit, and of phase1/azure before that was removed.
func (k *kconfig) field(name, value string) {
	phase, rest, _ := strings.Cut(name, ".")
	switch {
	case value == "":
		// An empty string was Kconfig's way to leave something out.
	case strings.HasPrefix(rest, "gce."):
		k.google(name, strings.TrimPrefix(rest, "gce."), value)
	case strings.HasPrefix(rest, "azure."):
		k.azure(name, strings.TrimPrefix(rest, "azure."), value)
	case phase == "phase1":
		k.provision(name, rest, value)
	case phase == "phase2":
		k.bootstrap(name, rest, value)
	case phase == "phase3":
		k.addons(name, rest, value)
	default:
		k.unknown(name)
	}
}

func (k *kconfig) unknown(name string) {
	k.ended(name, "not a field that the first Kubernetes Anywhere had")
}

func (k *kconfig) provision(name, field, value string) {
	switch field {
	case "cloud_provider":
		k.became(name, k.set["spec.target"], "", "spec.target")
	case "num_nodes":
		count, err := strconv.Atoi(value)
		if err != nil {
			k.ended(name, fmt.Sprintf("%q is no number; 3 nodes are taken, as by default then", value))
			return
		}
		k.became(name, count, "", "spec.pools[0].count")
	case "cluster_name":
		why := ""
		lower := strings.Trim(strings.Map(hostCharacter, strings.ToLower(value)), "-")
		if lower != value {
			why = fmt.Sprintf("%q can be no part of a host's name", value)
		}
		k.became(name, lower, why, "metadata.name")
	case "ssh_user":
		k.ended(name, "nothing is set up by SSH on a cloud, and port 22 is closed by default (spec.<target>.access.sshCIDRs)")
	default:
		k.unknown(name)
	}
}

// hostCharacter makes a hyphen of what a host's name cannot have.
func hostCharacter(r rune) rune {
	if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
		return r
	}
	return '-'
}

func (k *kconfig) google(name, field, value string) {
	switch field {
	case "project":
		k.became(name, value, "", "spec.gcp.project")
	case "region":
		k.became(name, value, "", "spec.gcp.region")
	case "zone":
		k.became(name, []string{value}, "one zone as before; without the field, machines are spread over three", "spec.gcp.zones")
	case "instance_type":
		k.became(name, value, "", "spec.controlPlane.machine.type", "spec.pools[0].machine.type")
	case "os_image":
		k.system(name, value, "spec.gcp.os")
	case "network":
		if value == "default" {
			k.ended(name, "a cluster makes a network of its own (spec.gcp.existing.network names another)")
			return
		}
		k.became(name, value, "the cluster makes a subnet in it, of spec.network.nodeCIDR", "spec.gcp.existing.network")
	default:
		k.unknown(name)
	}
}

// system takes the distribution of an image; releases of then are no longer
// supported.
func (k *kconfig) system(name, image, path string) {
	switch lower := strings.ToLower(image); {
	case strings.Contains(lower, "ubuntu"):
		k.became(name, "ubuntu-24.04", fmt.Sprintf("%q is of a release that is no longer maintained", image), path)
	case strings.Contains(lower, "debian"):
		k.became(name, "debian-13", fmt.Sprintf("%q is of a release that is no longer maintained", image), path)
	case strings.Contains(lower, "coreos") || strings.Contains(lower, "flatcar"):
		k.became(name, "flatcar", fmt.Sprintf("%q is of a distribution whose successor is Flatcar", image), path)
	default:
		k.ended(name, fmt.Sprintf("hosts run the default of %s instead of %q", path, image))
	}
}

func (k *kconfig) azure(name, field, value string) {
	switch field {
	case "subscription_id":
		k.became(name, value, "", "spec.azure.subscription")
	case "location":
		k.became(name, value, "", "spec.azure.location")
	case "master_vm_size":
		k.became(name, value, "", "spec.controlPlane.machine.type")
	case "node_vm_size":
		k.became(name, value, "", "spec.pools[0].machine.type")
	case "image_offer":
		k.system(name, value, "spec.azure.os")
	case "image_publisher", "image_sku", "image_version":
		k.ended(name, "the vendor's image of spec.azure.os is taken (spec.azure.image names another)")
	case "client_id", "client_secret", "tenant_id":
		k.ended(name, "who is logged in by 'az login' makes the cluster, and machines have identities of their own; remove this from the old file")
	case "admin_username", "admin_password":
		k.ended(name, "nobody logs in by password; spec.azure.sshPublicKey lets a key in")
	case "storage_account_name":
		k.ended(name, "disks are managed by Azure, without a storage account")
	case "master_private_ip":
		k.ended(name, "the control plane's addresses come from spec.network.nodeCIDR")
	default:
		k.unknown(name)
	}
}

func (k *kconfig) bootstrap(name, field, value string) {
	switch field {
	case "kubernetes_version":
		if supported(value) {
			k.became(name, value, "", "spec.kubernetesVersion")
			return
		}
		k.ended(name, fmt.Sprintf("%s is not supported any more; the cluster is made with %s", value, config.DefaultKubernetesVersion))
	case "docker_registry":
		if slices.Contains([]string{"k8s.gcr.io", "gcr.io/google-containers", "gcr.io/google_containers"}, value) {
			k.ended(name, "the upstream registries are the default, and this one is closed")
			return
		}
		k.became(name, value, "a mirror, which must hold the images of today ('kubectl anywhere render' names them)", "spec.images.registry")
	case "provider", "installer_container":
		k.ended(name, "there is one way to make a node of a host: the bootstrap image, by Ignition")
	case "proxy_mode":
		if value != "iptables" {
			k.ended(name, fmt.Sprintf("kube-proxy's mode is not chosen here: iptables, not %s", value))
			return
		}
		k.ended(name, "that is kube-proxy's mode still")
	case "kubeadm.version", "kubelet_version", "kubeadm.master_upgrade.method", "kubeadm.feature_gates":
		k.ended(name, "kubeadm has no part in it; all components have spec.kubernetesVersion")
	case "kube_context_name":
		k.ended(name, "the context has the name that 'kubectl anywhere kubeconfig' says")
	case "enable_cloud_provider":
		k.ended(name, "the target decides; 'kubectl anywhere addons list' shows what runs")
	default:
		k.unknown(name)
	}
}

func supported(version string) bool {
	return slices.ContainsFunc(config.Versions(), func(minor string) bool { return strings.HasPrefix(version, "v"+minor+".") })
}

func (k *kconfig) addons(name, field, value string) {
	switch field {
	case "run_addons", "kube_proxy":
		k.ended(name, "always on; the addon-manager keeps what a cluster needs")
	case "kube_dns":
		k.ended(name, "always on, by CoreDNS")
	case "dashboard":
		k.ended(name, "the dashboard is not shipped; install it with its own chart")
	case "heapster":
		k.ended(name, "heapster is retired; its successor, metrics-server, is yours to install")
	case "weave_net":
		if value == "true" {
			k.ended(name, fmt.Sprintf("Weave Net is retired; the cluster is made with %s", config.DefaultLayer))
			return
		}
		k.ended(name, "was off")
	case "cni":
		if slices.Contains(config.Layers(), value) {
			k.became(name, value, "", "spec.network.layer")
			return
		}
		k.ended(name, fmt.Sprintf("%s is not shipped; the cluster is made with %s. With spec.network.layer none you install a network yourself", value, config.DefaultLayer))
	case "gce_storage_class":
		k.ended(name, "storage classes are the user's to make")
	default:
		k.unknown(name)
	}
}
