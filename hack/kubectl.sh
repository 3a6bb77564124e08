#!/bin/sh
# Puts kubectl into bin/, built from source, where none is on the PATH.
set -eu
cd "$(dirname "$0")/.."
command -v kubectl >/dev/null 2>&1 && exit 0
built=$(go run ./cmd/bundle kubectl)
mkdir -p bin
ln -sf "$built" bin/kubectl
echo "kubectl: there was none; it is now $PWD/bin/kubectl. Type: export PATH=$PWD/bin:\$PATH" >&2
