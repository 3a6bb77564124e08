#!/bin/sh
# Builds the image of the local target's hosts into the cache and gives it to
# Docker, each only when the files it is made from have changed.
set -eu
cd "$(dirname "$0")/.."
folder=pulumi/local/hostimage
name=kubernetes-anywhere/host:13
cache=${KUBERNETES_ANYWHERE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubernetes-anywhere}
mkdir -p "$cache"

# Contents, names and modes: a script that is no longer executable is a change.
key=$({
	find "$folder" -type f -printf '%m %p\n' | LC_ALL=C sort
	find "$folder" -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
} | sha256sum | cut -c1-16)
if [ ! -e "$cache/host.tar" ] || [ "$(cat "$cache/host.key" 2>/dev/null)" != "$key" ]; then
	echo "host image: building from Debian packages (about 90 s)" >&2
	rm -f "$cache/host.key"
	"$folder/build.sh" "$cache/host.tar"
	echo "$key" >"$cache/host.key"
fi
if [ "$(docker image inspect -f '{{index .Config.Labels "kubernetes-anywhere.key"}}' "$name" 2>/dev/null)" != "$key" ]; then
	echo "host image: importing into Docker as $name" >&2
	old=$(docker image inspect -f '{{.Id}}' "$name" 2>/dev/null || true)
	docker import -c "LABEL kubernetes-anywhere.key=$key" "$cache/host.tar" "$name" >/dev/null
	# Where a host still runs from the old one, Docker keeps it.
	[ -z "$old" ] || docker image rm "$old" >/dev/null 2>&1 || true
fi
