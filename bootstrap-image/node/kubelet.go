package node

import (
	"fmt"
	"slices"
	"strings"
	"text/template"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"sigs.k8s.io/yaml"
)

const (
	kubeletFolder = "/var/lib/kubelet"
	// KubeletUnit is the unit that runs the kubelet.
	KubeletUnit          = "kubelet.service"
	kubeletConfig        = kubeletFolder + "/config.yaml"
	kubeletKubeconfig    = etcKubernetes + "/kubelet.conf"
	bootstrapKubeconfig  = etcKubernetes + "/bootstrap-kubelet.conf"
	kubeletClientCurrent = kubeletFolder + "/pki/kubelet-client-current.pem"
	kubeletClientFirst   = kubeletFolder + "/pki/kubelet-client-first.pem"
)

// KubeletClientPath is where a kubelet keeps its client certificate: when it
// is there, the API has accepted the node.
const KubeletClientPath = kubeletClientCurrent

// KubeletKubeconfigPath is the kubelet's own kubeconfig.
const KubeletKubeconfigPath = kubeletKubeconfig

// kubeletUnit runs the kubelet in a container. Every mount has its reason:
//
//	/etc/kubernetes   kubeconfigs, static pods; the kubelet writes its own
//	/var/lib/kubelet  volumes; shared, so that what it mounts for a pod is seen
//	                  by containerd on the host
//	/var, /etc/cni, /opt, /srv, /mnt, /lib/modules
//	                  where pods have hostPath volumes: the kubelet looks
//	                  whether the path is there, and makes it where asked to;
//	                  /var also for pods' logs and how full the disks are
//	/run              containerd's and systemd's sockets, the host's resolver
//	/dev, /sys        devices for pods, facts about the machine
//	/sys/fs/cgroup    by itself: the engine would put its own view there
//	os-release and machine-id  what the node says about itself
//
// A hostPath volume elsewhere works without a type only.
//
// Where etcd has a disk of its own, the unit mounts it rather than requires the
// mount: a unit whose requirement fails is not tried again, and a disk may be
// attached later than the machine starts.
const kubeletUnit = `[Unit]
Description=Kubernetes kubelet
Documentation=https://kubernetes.io/docs/reference/command-line-tools-reference/kubelet/
Wants={{with .EngineUnit}}{{.}} {{end}}containerd.service network-online.target
After={{with .EngineUnit}}{{.}} {{end}}containerd.service network-online.target
StartLimitIntervalSec=0
{{- if .EtcdMount}}
Wants={{.EtcdMount}}
After={{.EtcdMount}}
{{- end}}

[Service]
ExecStartPre=/bin/mount --make-rshared /
ExecStartPre=/bin/mkdir -p {{.Folder}} /etc/cni/net.d /opt /srv /mnt /lib/modules
{{- if .EtcdMount}}
ExecStartPre=/bin/systemctl start {{.EtcdMount}}
ExecStartPre=/bin/chmod 0700 /var/lib/etcd
{{- end}}
ExecStartPre=-{{.Engine}} rm --force kubelet
{{- if .Endpoint}}
ExecStartPre=/bin/ip address replace {{.Endpoint}}/32 dev lo scope host
{{- end}}
{{- if .Rules}}
ExecStartPre={{.Engine}} run --rm --cap-add=NET_ADMIN --net=host \
  --volume /etc/kubernetes:/etc/kubernetes:ro --entrypoint /usr/sbin/nft \
  {{.Image}} --file {{.Rules}}
{{- end}}
ExecStart={{.Engine}} run --rm --name kubelet --log-driver=none \
  --privileged --pid=host --net=host --cgroupns=host \
  --volume /etc/kubernetes:/etc/kubernetes \
  --volume {{.Folder}}:{{.Folder}}:rshared \
  --volume /var:/var:rslave \
  --volume /etc/cni:/etc/cni \
  --volume /opt:/opt:rslave \
  --volume /srv:/srv:rslave \
  --volume /mnt:/mnt:rslave \
  --volume /lib/modules:/lib/modules:ro \
  --volume /run:/run:rslave \
  --volume /dev:/dev \
  --volume /sys:/sys:rslave \
  --volume /sys/fs/cgroup:/sys/fs/cgroup \
  --volume /etc/os-release:/etc/os-release:ro \
  --volume /etc/machine-id:/etc/machine-id:ro \
  --entrypoint /usr/local/bin/kubelet \
  {{.Image}} \
{{- range .Flags}}
  {{.}} \
{{- end}}
  --v=2
ExecStop=-{{.Engine}} stop --time 20 kubelet
Restart=always
RestartSec=2

[Install]
WantedBy=multi-user.target
`

// kubelet adds the unit and the configuration of the kubelet.
func (p plan) kubelet(t *tree) error {
	config, err := p.kubeletConfig()
	if err != nil {
		return err
	}
	t.file(kubeletConfig, public, config)
	rules, mount := "", ""
	if p.bundle.Cloud != "" {
		rules = metadataRules
	}
	if p.self.EtcdDevice != "" {
		mount = EtcdMount
	}
	var unit strings.Builder
	if err := template.Must(template.New(KubeletUnit).Parse(kubeletUnit)).Execute(&unit, map[string]any{
		"Engine": p.engine(), "EngineUnit": p.engineUnit(), "Folder": kubeletFolder, "Image": p.images.Bootstrap, "Flags": p.kubeletFlags(),
		"EtcdMount": mount, "Rules": rules, "Endpoint": p.ownEndpoint(),
	}); err != nil {
		return fmt.Errorf("writing the unit %q: %w", KubeletUnit, err)
	}
	t.units[KubeletUnit] = unit.String()
	preset(t, KubeletUnit)
	return nil
}

// kubeletFlags are those that the configuration file cannot hold.
func (p plan) kubeletFlags() []string {
	flags := []string{
		"--config=" + kubeletConfig,
		"--kubeconfig=" + kubeletKubeconfig,
		"--hostname-override=" + p.self.Name,
		"--node-ip=" + p.self.addresses(),
	}
	if p.bundle.Role == Worker {
		flags = append(flags, "--bootstrap-kubeconfig="+bootstrapKubeconfig)
	}
	if p.bundle.CloudController {
		// The node stays closed to pods until the cloud's controller has seen it.
		flags = append(flags, "--cloud-provider=external")
	}
	if labels := slices.Concat(p.instanceLabels(), p.kernelLabels(), p.labels()); len(labels) > 0 {
		flags = append(flags, "--node-labels="+strings.Join(labels, ","))
	}
	return flags
}

// addresses are the node's, IPv4 first, as kubelets take them.
func (s Self) addresses() string {
	if s.Address6 == "" {
		return s.Address
	}
	return s.Address + "," + s.Address6
}

// labels are the pool's. Role labels are not among them: a node may not give
// itself a role, the addon-manager does.
func (p plan) labels() []string {
	if p.bundle.Pool == "" {
		return nil
	}
	labels := []string{config.PoolLabel + "=" + p.bundle.Pool}
	for _, pool := range p.bundle.Cluster.Spec.Pools {
		if pool.Name != p.bundle.Pool {
			continue
		}
		for _, key := range sortedKeys(pool.Labels) {
			labels = append(labels, key+"="+pool.Labels[key])
		}
	}
	return labels
}

// taints keep ordinary pods off control planes, and off pools that say so.
func (p plan) taints() []any {
	if p.bundle.Untainted && p.bundle.Role == ControlPlane {
		return nil
	}
	if p.bundle.Role == ControlPlane {
		return []any{map[string]any{"key": "node-role.kubernetes.io/control-plane", "effect": "NoSchedule"}}
	}
	var out []any
	for _, pool := range p.bundle.Cluster.Spec.Pools {
		if pool.Name != p.bundle.Pool {
			continue
		}
		for _, taint := range pool.Taints {
			out = append(out, map[string]any{"key": taint.Key, "value": taint.Value, "effect": taint.Effect})
		}
	}
	return out
}

// sparesDisk is for a host that is a container: the disk is the whole
// machine's, how full it is says nothing about this host, and neither evicting
// nor collecting images would help.
func sparesDisk(config map[string]any) {
	config["evictionHard"] = map[string]any{
		"memory.available": "100Mi", "nodefs.available": "0%", "nodefs.inodesFree": "0%", "imagefs.available": "0%", "imagefs.inodesFree": "0%",
	}
	config["imageGCHighThresholdPercent"] = 100
}

// syncStaticPods is how soon the kubelet of a control plane looks at its pods
// anew. Those that ran before the API did are listed there by such a look: the
// kubelet tries when its node is let in, which may be before the API server has
// made the priority classes that the pods name. A minute, the default, would
// leave etcd unlisted when all else is done.
const syncStaticPods = "10s"

// kubeletConfig is a KubeletConfiguration; its Go types would bring half of
// Kubernetes into this program.
func (p plan) kubeletConfig() (string, error) {
	config := map[string]any{
		"apiVersion":               "kubelet.config.k8s.io/v1beta1",
		"kind":                     "KubeletConfiguration",
		"containerRuntimeEndpoint": "unix:///run/containerd/containerd.sock",
		"cgroupDriver":             p.cgroupDriver(),
		"clusterDNS":               p.resolvers(),
		"clusterDomain":            p.bundle.Cluster.Spec.Network.DNSDomain,
		"resolvConf":               p.facts.ResolvConf,
		"authentication": map[string]any{
			"anonymous": map[string]any{"enabled": false},
			"webhook":   map[string]any{"enabled": true},
			"x509":      map[string]any{"clientCAFile": pkiPath("ca.crt")},
		},
		"authorization":      map[string]any{"mode": "Webhook"},
		"readOnlyPort":       0,
		"rotateCertificates": true,
		"serverTLSBootstrap": true,
		"tlsMinVersion":      "VersionTLS12",
		"seccompDefault":     true,
		"failSwapOn":         false,
		// The default is a folder that does not exist in the container.
		"volumePluginDir": kubeletFolder + "/volume-plugins",
	}
	if p.bundle.Role == ControlPlane {
		config["staticPodPath"] = ManifestsPath
		config["syncFrequency"] = syncStaticPods
	}
	if taints := p.taints(); taints != nil {
		config["registerWithTaints"] = taints
	}
	if id := p.facts.Instance.ProviderID; id != "" {
		config["providerID"] = id
	}
	if p.facts.CgroupVersion == 1 {
		config["failCgroupV1"] = false
	}
	if !p.facts.HasSysResource {
		config["oomScoreAdj"] = 0
	}
	if p.facts.IsContainer {
		sparesDisk(config)
	}
	out, err := yaml.Marshal(config)
	if err != nil {
		return "", fmt.Errorf("writing the kubelet's configuration: %w", err)
	}
	return string(out), nil
}
