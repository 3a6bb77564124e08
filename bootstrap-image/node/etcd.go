package node

import (
	"strings"

	corev1 "k8s.io/api/core/v1"
)

const (
	etcdData        = "/var/lib/etcd"
	etcdClientPort  = 2379
	etcdPeerPort    = 2380
	etcdMetricsPort = 2381
)

// EtcdClientURL is where the member at an address serves clients.
func EtcdClientURL(address string) string { return "https://" + hostPort(address, etcdClientPort) }

// EtcdPeerURL is where the member at an address serves other members.
func EtcdPeerURL(address string) string { return "https://" + hostPort(address, etcdPeerPort) }

// EtcdClientFiles are where a control plane has the certificate and key of a
// client of etcd, and etcd's authorities.
func EtcdClientFiles() (certificate, key, authority string) {
	return pkiPath("apiserver-etcd-client.crt"), pkiPath("apiserver-etcd-client.key"), pkiPath("etcd/ca.crt")
}

// etcd talks TLS both ways with members and clients. Its health and metrics
// are plain HTTP, on the loopback only.
func (p plan) etcd() staticPod {
	var members []string
	start := p.facts.Etcd
	if start.State == "" {
		start = EtcdStart{State: "new", Members: p.bundle.ControlPlanes}
	}
	for _, member := range start.Members {
		members = append(members, member.Name+"="+EtcdPeerURL(member.Address))
	}
	return staticPod{
		name: "etcd", image: p.images.Etcd, cpu: "100m", memory: "100Mi",
		command: []string{
			"etcd",
			"--name=" + p.self.Name,
			"--data-dir=" + etcdData,
			"--initial-cluster=" + strings.Join(members, ","),
			"--initial-cluster-token=" + p.bundle.Cluster.Metadata.Name,
			"--initial-cluster-state=" + start.State,
			"--listen-client-urls=" + EtcdClientURL("127.0.0.1") + "," + EtcdClientURL(p.self.Address),
			"--advertise-client-urls=" + EtcdClientURL(p.self.Address),
			"--listen-peer-urls=" + EtcdPeerURL(p.self.Address),
			"--initial-advertise-peer-urls=" + EtcdPeerURL(p.self.Address),
			"--listen-metrics-urls=http://" + hostPort("127.0.0.1", etcdMetricsPort),
			"--client-cert-auth=true",
			"--cert-file=" + pkiPath("etcd/server.crt"),
			"--key-file=" + pkiPath("etcd/server.key"),
			"--trusted-ca-file=" + pkiPath("etcd/ca.crt"),
			"--peer-client-cert-auth=true",
			"--peer-cert-file=" + pkiPath("etcd/peer.crt"),
			"--peer-key-file=" + pkiPath("etcd/peer.key"),
			"--peer-trusted-ca-file=" + pkiPath("etcd/ca.crt"),
			"--watch-progress-notify-interval=5s",
		},
		mounts: []mount{
			readFolder(pkiPath("etcd")),
			{path: etcdData, kind: corev1.HostPathDirectory, writable: true},
		},
		// Certificates are read again at every handshake, the authority is not.
		readOnce: []string{pkiPath("etcd/ca.crt")},
		probes:   probes{scheme: corev1.URISchemeHTTP, port: etcdMetricsPort, live: "/livez", ready: "/readyz", startSecs: 300},
	}
}
