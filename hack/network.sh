#!/bin/sh
# Runs the tests of network layers, each on a real cluster of its own, with the
# images that it needs. What runs printed is recorded in docs/network-tests.md.
#
#   LAYER=cilium hack/network.sh [go test flags]
#
# LAYER is one that is built in, the folder of your own, several of them with
# commas between, or all. POLICY is what spec.network.policy says. SWITCH is a
# layer that a cluster on flannel is switched to and back, DUAL=1 brings up one
# with two families of addresses: each may be given alone. LAYER=all means both
# of these, too.
set -eu
cd "$(dirname "$0")/.."
layers=${LAYER:-}
[ -n "$layers${SWITCH:-}${DUAL:-}" ] || layers=flannel,flannel-host-gw
if [ "$layers" = all ]; then
	# Every layer whose images can be built here; cilium's take ten minutes.
	layers=flannel,flannel-host-gw,kube-router,cilium
	SWITCH=${SWITCH:-flannel-host-gw}
	DUAL=1
fi
export ANYWHERE_TEST_LAYER ANYWHERE_TEST_POLICY="${POLICY:-}"

# images makes the archive that has those of tests' pods and of components.
images() {
	with=agnhost
	for name; do
		case $name in
		cilium | kube-router | kube-network-policies) with=$with,$name ;;
		esac
	done
	go run ./cmd/bundle --with "$with" images
}

failed=
# prove runs one test with go test's flags; one that fails does not end the run.
prove() {
	name=$1
	shift
	go test -count 1 -timeout 30m -run "^$name\$" "$@" ./test/network || failed="$failed $name($ANYWHERE_TEST_LAYER)"
}

for layer in $(echo "$layers" | tr , ' '); do
	case $layer in
	*/*) layer=$(realpath "$layer") ;;
	esac
	ANYWHERE_TEST_LAYER=$layer
	images "$layer" ${POLICY:+"$POLICY"}
	prove TestLayer "$@"
done
ANYWHERE_TEST_LAYER=flannel
[ -z "${SWITCH:-}${DUAL:-}" ] || images ${SWITCH:+"$SWITCH"}
[ -z "${SWITCH:-}" ] || ANYWHERE_TEST_SWITCH=$SWITCH prove TestSwitch "$@"
[ -z "${DUAL:-}" ] || ANYWHERE_TEST_DUAL_STACK=$DUAL prove TestDualStack "$@"
[ -z "$failed" ] || {
	echo "network tests failed:$failed" >&2
	exit 1
}
