#!/bin/sh
# What an expert would have cloud-init run on a host that kubeadm makes a node,
# as quickly as kubeadm can. @ROLE@, @NAME@, @ADDRESS@ and so on are filled in
# for each host. Every step that needs no other runs beside it.
set -eu
ROLE=@ROLE@ NAME=@NAME@ ENDPOINT=@ENDPOINT@ TOKEN=@TOKEN@
say() { echo "kubeadm-host: $*"; }

# From the same archive as ours, and all of it, as ours does.
say "loading images"
mkdir -p /etc/containerd /etc/cni/net.d /etc/systemd/system/kubelet.service.d /etc/kubernetes

# The same settings as ours.
cgroup_driver=systemd systemd_cgroup=true oom_score=-999
if [ ! -e /sys/fs/cgroup/cgroup.controllers ]; then
	cgroup_driver=cgroupfs systemd_cgroup=false
fi
restrict=false
# Bit 24 is CAP_SYS_RESOURCE, without which no OOM score can be lowered.
if [ $((0x$(awk '/^CapBnd:/ { print $2 }' /proc/self/status) & 1 << 24)) = 0 ]; then
	restrict=true oom_score=0
fi
cat >/etc/containerd/config.toml <<EOF
version = 2
[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "@PAUSE@"
  restrict_oom_score_adj = $restrict
[plugins."io.containerd.grpc.v1.cri".cni]
  bin_dir = "/opt/cni/bin"
  conf_dir = "/etc/cni/net.d"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
  runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
  SystemdCgroup = $systemd_cgroup
EOF
systemctl restart containerd.service
ctr --namespace k8s.io images import /var/lib/kubernetes-anywhere/images.tar >/dev/null &
images=$!

# kubeadm, kubelet and the CNI plugins; they are the very files of our images.
tar -C / -xf /var/lib/kubernetes-anywhere/bootstrap.tar
say "programs are in place"

sysctl -q -w net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1 net.bridge.bridge-nf-call-ip6tables=1

# The unit and its drop-in, as kubeadm's documentation and packages have them.
cat >/etc/systemd/system/kubelet.service <<'EOF'
[Unit]
Description=kubelet: The Kubernetes Node Agent
Wants=network-online.target
After=network-online.target
[Service]
ExecStart=/usr/local/bin/kubelet
Restart=always
StartLimitInterval=0
RestartSec=10
[Install]
WantedBy=multi-user.target
EOF
cat >/etc/systemd/system/kubelet.service.d/10-kubeadm.conf <<'EOF'
[Service]
Environment="KUBELET_KUBECONFIG_ARGS=--bootstrap-kubeconfig=/etc/kubernetes/bootstrap-kubelet.conf --kubeconfig=/etc/kubernetes/kubelet.conf"
Environment="KUBELET_CONFIG_ARGS=--config=/var/lib/kubelet/config.yaml"
EnvironmentFile=-/var/lib/kubelet/kubeadm-flags.env
EnvironmentFile=-/etc/default/kubelet
ExecStart=
ExecStart=/usr/local/bin/kubelet $KUBELET_KUBECONFIG_ARGS $KUBELET_CONFIG_ARGS $KUBELET_KUBEADM_ARGS $KUBELET_EXTRA_ARGS
EOF
systemctl daemon-reload
systemctl -q enable kubelet.service

cat >/etc/kubernetes/kubeadm.yaml <<EOF
@CONFIG@
EOF

wait "$images"
say "images are loaded"
if [ "$ROLE" = control-plane ]; then
	kubeadm init --config /etc/kubernetes/kubeadm.yaml --skip-phases=addon/kube-proxy,addon/coredns
	say "kubeadm init is done"
	# Whoever applies the addons looks for this.
	touch /run/kubeadm-init
	exit
fi
# 'kubeadm join' itself would look only every five seconds whether the control
# plane has published how to join.
until curl -sk --max-time 5 "https://$ENDPOINT/api/v1/namespaces/kube-public/configmaps/cluster-info" | grep -q "jws-kubeconfig-${TOKEN%%.*}"; do
	sleep 0.5
done
kubeadm join --config /etc/kubernetes/kubeadm.yaml
say "kubeadm join is done"
