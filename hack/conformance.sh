#!/bin/sh
# Runs Kubernetes' own tests of the network against a cluster, and writes what
# came of them to docs/conformance.md, or conformance-LAYER.md for another layer
# than flannel. A cluster that enforces network policy is asked for that, too.
# Building the tests takes eight minutes of two processors, the first time.
#
#   LAYER=cilium hack/conformance.sh [go test flags]
#
# POLICY is what spec.network.policy says.
#
# What they printed is kept in the cache's folder conformance.
#
# FOCUS is a pattern of the names of tests, to try some; nothing is written then.
set -eu
cd "$(dirname "$0")/.."
with=agnhost
for name in "${LAYER:=flannel}" "${POLICY:=}"; do
	case $name in
	cilium | kube-router | kube-network-policies) with=$with,$name ;;
	esac
done
go run ./cmd/bundle --with "$with" images
ANYWHERE_CONFORMANCE=$(go run ./cmd/bundle e2e.test)
cache=${KUBERNETES_ANYWHERE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubernetes-anywhere}
export ANYWHERE_CONFORMANCE ANYWHERE_CONFORMANCE_LOGS="$cache/conformance" ANYWHERE_TEST_LAYER="$LAYER" ANYWHERE_TEST_POLICY="$POLICY" ANYWHERE_CONFORMANCE_FOCUS="${FOCUS:-}"
exec go test -count 1 -timeout 60m -run '^TestConformance$' "$@" ./test/conformance
