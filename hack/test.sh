#!/bin/sh
# Runs go test with the real programs that tests ask for: the API server and
# etcd, Ignition, Docker, clusters. A test that finds one missing fails here,
# where on its own it would be skipped.
#
#   hack/test.sh [go test flags] packages
set -eu
cd "$(dirname "$0")/.."
bin=$KUBERNETES_ANYWHERE_CACHE/bin
mkdir -p "$bin"
for program in kube etcd ignition; do
	path=$(go run ./cmd/bundle "$program" 2>/dev/null) || path=$(go run ./cmd/bundle "$program")
	ln -sf "$path" "$bin/$program"
done
export ANYWHERE_BIN="$bin" ANYWHERE_IGNITION="$bin/ignition"
export ANYWHERE_E2E=1 ANYWHERE_REQUIRE_APISERVER=1 ANYWHERE_REQUIRE_DOCKER=1 ANYWHERE_REQUIRE_IGNITION=1 ANYWHERE_REQUIRE_TOOLS=1 ANYWHERE_REQUIRE_TMUX=1
exec go test "$@"
