#!/bin/sh
# Makes what is published of a version, in dist/VERSION; docs/releasing.md says
# what. Takes an hour on two processors, where nothing is in the build cache.
#
#   VERSION=v1.2.3 KEY=cosign.key hack/release.sh [flags of cmd/release]
set -eu
cd "$(dirname "$0")/.."
if [ -z "${VERSION:-}" ]; then
	echo "release: give a version: make release VERSION=v1.2.3 KEY=cosign.key" >&2
	exit 2
fi
exec go run ./cmd/release --version "$VERSION" ${KEY:+--key "$KEY"} "$@"
