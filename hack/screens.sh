#!/bin/sh
# Writes docs/screens: what commands print on one run with a real cluster, which
# it makes and deletes. README and the docs quote these files, and tests hold
# them to it. Run it on a quiet machine. The wizard's screens and those of errors
# are written by tests ('make update').
#
#   hack/screens.sh
set -eu
cd "$(dirname "$0")/.."
plugin=$PWD/bin/kubectl-anywhere
screens=$PWD/docs/screens
home=$(mktemp -d)
export KUBERNETES_ANYWHERE_CACHE="${KUBERNETES_ANYWHERE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubernetes-anywhere}"
export PATH="$PWD/bin:$PATH" HOME="$home" KUBECONFIG="$home/.kube/config" COLUMNS=80 LC_ALL=C.UTF-8
# The cluster's state is in that home: it goes when the cluster is gone.
trap 'cd "$home" && { [ ! -f .config.json ] || "$plugin" delete -q; } && rm -rf "$home"' EXIT
cd "$home"

# screen runs a command and keeps what it says, on both streams, in a file. Of
# some commands failing is what is shown.
screen() {
	name=$1
	shift
	echo "screens: $name: kubectl anywhere $*" >&2
	status=0
	"$plugin" "$@" >"$home/out" 2>&1 || status=$?
	sed "s#$home#/home/you#g" "$home/out" >"$screens/$name.txt"
	case $name:$status in
	*:0 | invalid:2 | doctor-worker-stopped:1 | doctor-hosts-gone:1 | status-notready:1 | status-drift:3) ;;
	*)
		echo "screens: it exits $status:" >&2
		cat "$home/out" >&2
		exit 1
		;;
	esac
}

# node waits until the API tells of a node what is given: True, False, Unknown.
node() {
	waited=0
	until [ "$(kubectl get node "$1" -o 'jsonpath={.status.conditions[?(@.type=="Ready")].status}')" = "$2" ]; do
		[ $waited -lt 180 ] || { echo "screens: node $1 is not $2 after 180 s" >&2; exit 1; }
		sleep 1
		waited=$((waited + 1))
	done
}

cat >bad.json <<-END
	{
	  "apiVersion": "kubernetes-anywhere.io/v1alpha1",
	  "kind": "Cluster",
	  "metadata": {"name": "anywhere"},
	  "spec": {
	    "target": "local",
	    "controlPlane": {"count": 2},
	    "netwrok": {}
	  }
	}
END
screen invalid create -f bad.json
screen config config --target local --yes
screen doctor-before doctor
screen create create --timeline timeline.svg
screen status-ready status
screen status-wide status -o wide
screen doctor-well doctor
screen support-bundle support-bundle
screen addons addons list

cp .config.json before.json
"$plugin" config set 'spec.pools[workers].count=3' spec.network.dnsDomain=cluster.example >/dev/null
screen preview preview
cp before.json .config.json

docker stop anywhere-workers-1 >/dev/null
node anywhere-workers-1 Unknown
screen status-notready status
screen doctor-worker-stopped doctor
docker exec anywhere-control-plane-1 sh -c 'echo "# by hand" >>/etc/sysctl.d/99-kubernetes.conf'
screen status-drift status --drift
docker start anywhere-workers-1 >/dev/null

docker stop anywhere-workers-1 anywhere-workers-2 anywhere-control-plane-1 >/dev/null
screen doctor-hosts-gone doctor
docker start anywhere-control-plane-1 anywhere-workers-1 anywhere-workers-2 >/dev/null
screen delete delete
