package node

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
)

const (
	apiServerFolder = etcKubernetes + "/apiserver"
	authentication  = apiServerFolder + "/authentication.yaml"
	encryption      = apiServerFolder + "/encryption.yaml"
	auditPolicy     = apiServerFolder + "/audit-policy.yaml"
	auditLogs       = "/var/log/kubernetes"
)

func (p plan) apiServer() staticPod {
	return staticPod{
		name: "kube-apiserver", image: p.images.APIServer, cpu: "250m", memory: "300Mi",
		command: append([]string{"kube-apiserver"}, p.apiServerFlags()...),
		mounts: []mount{
			readFolder(pkiPath("")),
			readFolder(apiServerFolder),
			{path: auditLogs, kind: corev1.HostPathDirectory, writable: true},
		},
		// Certificates and the rules of authentication are reloaded; the
		// authorities that etcd and kubelets are verified with are not.
		readOnce: []string{encryption, auditPolicy, pkiPath("sa.key"), pkiPath("ca.crt"), pkiPath("etcd/ca.crt")},
		probes:   probes{scheme: corev1.URISchemeHTTPS, port: apiPort, live: "/livez", ready: "/readyz", startSecs: 300},
	}
}

func (p plan) apiServerFlags() []string {
	network := p.bundle.Cluster.Spec.Network
	return []string{
		"--advertise-address=" + p.self.Address,
		fmt.Sprintf("--secure-port=%d", apiPort),
		"--tls-cert-file=" + pkiPath("apiserver.crt"),
		"--tls-private-key-file=" + pkiPath("apiserver.key"),
		"--tls-min-version=VersionTLS12",
		"--profiling=false",
		// Who is who: certificates, bootstrap tokens, service accounts.
		"--authentication-config=" + authentication,
		"--client-ca-file=" + pkiPath("ca.crt"),
		"--enable-bootstrap-token-auth=true",
		"--service-account-issuer=https://kubernetes.default.svc." + network.DNSDomain,
		"--service-account-key-file=" + pkiPath("sa.pub"),
		"--service-account-signing-key-file=" + pkiPath("sa.key"),
		// Who may do what.
		"--authorization-mode=Node,RBAC",
		"--enable-admission-plugins=NodeRestriction",
		"--allow-privileged=true",
		// Storage.
		fmt.Sprintf("--etcd-servers=https://%s", hostPort("127.0.0.1", etcdClientPort)),
		"--etcd-cafile=" + pkiPath("etcd/ca.crt"),
		"--etcd-certfile=" + pkiPath("apiserver-etcd-client.crt"),
		"--etcd-keyfile=" + pkiPath("apiserver-etcd-client.key"),
		"--encryption-provider-config=" + encryption,
		// Kubelets, whose serving certificates the cluster's authority signs.
		"--kubelet-certificate-authority=" + pkiPath("ca.crt"),
		"--kubelet-client-certificate=" + pkiPath("apiserver-kubelet-client.crt"),
		"--kubelet-client-key=" + pkiPath("apiserver-kubelet-client.key"),
		"--kubelet-preferred-address-types=InternalIP,ExternalIP,Hostname",
		// The aggregation layer.
		"--requestheader-client-ca-file=" + pkiPath("front-proxy-ca.crt"),
		"--requestheader-allowed-names=" + frontProxyClient,
		"--requestheader-username-headers=X-Remote-User",
		"--requestheader-group-headers=X-Remote-Group",
		"--requestheader-extra-headers-prefix=X-Remote-Extra-",
		"--proxy-client-cert-file=" + pkiPath("front-proxy-client.crt"),
		"--proxy-client-key-file=" + pkiPath("front-proxy-client.key"),
		"--service-cluster-ip-range=" + network.ServiceCIDR,
		// At most 1 GB of audit log, at most a month.
		"--audit-policy-file=" + auditPolicy,
		"--audit-log-path=" + auditLogs + "/audit.log",
		"--audit-log-maxage=30",
		"--audit-log-maxbackup=9",
		"--audit-log-maxsize=100",
	}
}

// apiServerFiles are the configurations that are no flags.
func (p plan) apiServerFiles(t *tree) {
	t.directory(apiServerFolder, private)
	t.file(authentication, secret, authenticationConfig)
	t.file(auditPolicy, secret, auditPolicyConfig)
	t.file(encryption, secret, fmt.Sprintf(encryptionConfig, p.bundle.Credentials.EncryptionKey))
}

// Nobody is anonymous except who asks whether the server is well.
const authenticationConfig = `apiVersion: apiserver.config.k8s.io/v1
kind: AuthenticationConfiguration
anonymous:
  enabled: true
  conditions:
  - path: /livez
  - path: /readyz
  - path: /healthz
`

// identity comes last: it reads what was written before there was a key.
const encryptionConfig = `apiVersion: apiserver.config.k8s.io/v1
kind: EncryptionConfiguration
resources:
- resources:
  - secrets
  providers:
  - secretbox:
      keys:
      - name: key1
        secret: %s
  - identity: {}
`

// What is secret is logged without its content, reading and the noise of the
// control plane not at all, every change with who made it.
const auditPolicyConfig = `apiVersion: audit.k8s.io/v1
kind: Policy
omitStages:
- RequestReceived
rules:
- level: None
  nonResourceURLs: ["/livez*", "/readyz*", "/healthz*", "/version", "/openapi*"]
- level: None
  resources:
  - group: ""
    resources: [events]
  - group: events.k8s.io
    resources: [events]
  - group: coordination.k8s.io
    resources: [leases]
- level: None
  userGroups: ["system:nodes", "system:serviceaccounts:kube-system"]
  verbs: [get, list, watch]
- level: Metadata
  resources:
  - group: ""
    resources: [secrets, configmaps, serviceaccounts/token]
  - group: authentication.k8s.io
    resources: [tokenreviews]
- level: None
  verbs: [watch]
- level: Metadata
`
