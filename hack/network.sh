#!/bin/sh
# Runs the tests of network layers, each on a real cluster of its own, with the
# images that it needs. What a run printed is recorded in docs/network-tests.md.
#
#   LAYER=cilium hack/network.sh [go test flags]
#
# LAYER is one that is built in, the folder of your own, several of them with
# commas between, or all. POLICY is what spec.network.policy says.
set -eu
cd "$(dirname "$0")/.."
layers=${LAYER:-flannel,flannel-host-gw}
# Every layer whose images can be built here; building cilium's takes ten minutes.
[ "$layers" != all ] || layers=flannel,flannel-host-gw,kube-router,cilium
failed=
for layer in $(echo "$layers" | tr , ' '); do
	with=agnhost
	case $layer in
	cilium | kube-router) with=$with,$layer ;;
	*/*) layer=$(realpath "$layer") ;;
	esac
	[ -z "${POLICY:-}" ] || with=$with,$POLICY
	go run ./cmd/bundle --with "$with" images
	# Those of the switch and of two families are beside it, with variables of
	# their own.
	ANYWHERE_TEST_LAYER=$layer ANYWHERE_TEST_POLICY=${POLICY:-} \
		go test -count 1 -timeout 30m -run '^TestLayer$' "$@" ./test/network || failed="$failed $layer"
done
[ -z "$failed" ] || {
	echo "network tests failed with:$failed" >&2
	exit 1
}
