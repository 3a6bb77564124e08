package config

import (
	"slices"
	"strings"
)

// otherName is what we call a field that has another name elsewhere: in
// kubeadm's ClusterConfiguration, eksctl's ClusterConfig, kops' Cluster, the
// flags of gcloud and az. It is a name, or a whole path where that alone is
// meant; empty for names of no such use.
func otherName(written string) string {
	switch strings.ToLower(strings.NewReplacer("_", "", "-", "").Replace(written)) {
	case "clustername":
		return "metadata.name"
	case "version", "k8sversion", "kubernetes", "clusterversion":
		return "spec.kubernetesVersion"
	case "cloud", "provider", "cloudprovider", "platform":
		return "spec.target"
	case "workers", "nodes", "nodepools", "nodegroups", "managednodegroups", "agentpoolprofiles", "machinedeployments":
		return "spec.pools"
	case "masters", "master", "controlplanes":
		return "spec.controlPlane"
	case "podsubnet", "podnetworkcidr", "clustercidr", "clusteripv4cidr":
		return "spec.network.podCIDR"
	case "servicesubnet", "serviceclusteriprange", "servicesipv4cidr", "serviceipv4cidr":
		return "spec.network.serviceCIDR"
	case "cni", "networkplugin":
		return "spec.network.layer"
	case "networking":
		return "spec.network"
	case "clusterdomain":
		return "spec.network.dnsDomain"
	case "replicas", "size", "nodecount", "numnodes", "desiredcapacity", "initialnodecount":
		return "count"
	case "instancetype", "machinetype", "vmsize", "flavor", "instancesize":
		return "type"
	case "architecture", "cpu":
		return "arch"
	case "disksize", "disksizegb", "volumesize", "osdisksizegb", "rootvolumesize":
		return "diskGB"
	case "minsize", "minnodes", "mincount":
		return "min"
	case "maxsize", "maxnodes", "maxcount":
		return "max"
	case "preemptible":
		return "spot"
	case "availabilityzones", "subnets":
		return "zones"
	case "operatingsystem", "osimage", "imagefamily":
		return "os"
	case "projectid":
		return "project"
	case "subscriptionid":
		return "subscription"
	}
	return ""
}

// otherTarget is the target that people mean who name its cloud by another
// name, if it is among the known ones.
func otherTarget(written string, known []string) string {
	target := ""
	switch strings.ToLower(strings.NewReplacer("_", "", "-", "", " ", "").Replace(written)) {
	case "gce", "gke", "google", "googlecloud":
		target = "gcp"
	case "amazon", "ec2", "eks":
		target = "aws"
	case "aks", "microsoft", "azurerm":
		target = "azure"
	case "docker", "kind", "localhost", "laptop":
		target = "local"
	case "baremetal", "metal", "ssh", "hosts", "onprem", "onpremises":
		target = "baremetal"
	}
	if slices.Contains(known, target) {
		return target
	}
	return ""
}
