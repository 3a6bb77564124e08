#!/bin/bash
# hosts.sh TOY PLUGINS HELPER has two network namespaces be hosts of a cluster
# whose nodes are on stdin, runs the toy layer's script in both, has the plugins
# set up a pod on each by what the script wrote, and has one pod ask the other
# who asks. All is gone at the end.
set -eu
toy=$1 plugins=$2 helper=$3
work=$(mktemp -d)
tag=toy$$
jobs=()

finish() {
  kill "${jobs[@]}" 2>/dev/null || true
  for name in a b pod-a pod-b; do ip netns delete "$tag-$name" 2>/dev/null || true; done
  rm -rf "$work"
}
trap finish EXIT

# spawn is for what runs beside: the job is the program itself, which so ends.
spawn() { exec ip netns exec "$tag-$1" "${@:2}"; }
on() { ip netns exec "$tag-$1" "${@:2}"; }
address() { if [ "$1" = a ]; then echo 10.1.0.2; else echo 10.1.0.3; fi; }

# What the script calls and this machine must not do: the API's answer is a
# file, and the host's own programs are those of this machine.
mkdir "$work/bin"
cat >"$work/nodes.json"
printf '#!/bin/sh\ncat %s/nodes.json\n' "$work" >"$work/bin/curl"
printf '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done; shift; exec "$@"\n' >"$work/bin/nsenter"
chmod +x "$work"/bin/*

for name in a b pod-a pod-b; do ip netns add "$tag-$name"; done
ip link add "$tag" netns "$tag-a" type veth peer name "$tag" netns "$tag-b"
for name in a b; do
  on $name ip link set lo up
  on $name ip address add "$(address $name)/24" dev "$tag"
  on $name ip link set "$tag" up
  on $name sh -c 'echo 1 >/proc/sys/net/ipv4/ip_forward'
  # Docker's hosts forward nothing that is not let through.
  on $name iptables --policy FORWARD DROP
  mkdir -p "$work/$name/net.d"
  touch "$work/$name/token"
  sed "s|/etc/cni/net.d|$work/$name/net.d|g; s|/var/run/secrets/kubernetes.io/serviceaccount|$work/$name|" "$toy" >"$work/$name/toy.sh"
  PATH="$work/bin:$PATH" HOST=$(address $name) KUBERNETES_SERVICE_HOST=api KUBERNETES_SERVICE_PORT=1 \
    spawn $name bash "$work/$name/toy.sh" >"$work/$name/log" 2>&1 &
  jobs+=($!)
done

wait_for() {
  for _ in $(seq 300); do
    if "$@" >/dev/null 2>&1; then return; fi
    sleep 0.1
  done
  echo "never came to be: $*" >&2
  cat "$work"/*/log >&2
  exit 1
}

# pod does what a container runtime does with the first plugin of the list.
pod() {
  local conf=$work/$1/net.d/10-toy.conflist
  wait_for test -s "$conf"
  sed -n "s|^ *{\(\"type\": \"bridge\".*\)},\$|{\"cniVersion\": \"0.4.0\", \"name\": \"toy\", \1}|; s|\"host-local\"|\"host-local\", \"dataDir\": \"$work/$1/ipam\"|p" "$conf" >"$work/$1/bridge.json"
  on "$1" env CNI_COMMAND=ADD CNI_CONTAINERID="pod$1" CNI_IFNAME=eth0 CNI_PATH="$plugins" \
    CNI_NETNS="/run/netns/$tag-pod-$1" "$plugins/bridge" <"$work/$1/bridge.json" >"$work/$1/result" || cat "$work/$1/result" >&2
  on "pod-$1" ip -4 -oneline address show eth0 | sed 's|.*inet \([0-9.]*\)/.*|\1|'
}

a=$(pod a)
b=$(pod b)
routed() { on "$1" ip route | grep "via $(address "$2")"; }
wait_for routed a b
wait_for routed b a
LAYERS_HELPER=serve LAYERS_AT=$b:8000 spawn pod-b "$helper" &
jobs+=($!)
ask() { LAYERS_HELPER=ask LAYERS_AT=$b:8000 on pod-a "$helper"; }
wait_for ask
echo "pod a has $a, pod b $b"
echo "pod b was asked by $(ask)"
echo "hosts have $(on a ip route | grep -c via) route"
