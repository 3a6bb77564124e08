#!/bin/sh
# Runs the tests of phase 2 on hosts of every kind: bare metal by docker run and
# by SSH, first boot by cloud-init, three control planes, restores. Takes half an
# hour, and builds the hosts that it wants (90 s each, once).
#
#   hack/node.sh [go test flags]
set -eu
cd "$(dirname "$0")/.."
# No arm64 machine is here: the program for it must at least be built. Six
# minutes of processor time, the first time.
CGO_ENABLED=0 GOARCH=arm64 go build -o /dev/null ./cmd/bootstrap
for variant in ssh-13 podman-13 cloud-init-13 cloud-init-12 cloud-init-24.04 cloud-init-22.04; do
	hack/host-image.sh "$variant"
done
# One at a time: each of these tests is several machines.
ANYWHERE_NODE=1 exec hack/test.sh -p 1 -count 1 -timeout 120m "$@" ./test/node/...
