#!/bin/sh
# Builds the image of the local target's hosts into the cache and gives it to
# Docker, each only when the files it is made from have changed; or, for tests,
# a variant of it, which Docker alone keeps.
#
#   hack/host-image.sh            kubernetes-anywhere/host:13
#   hack/host-image.sh ssh-13     kubernetes-anywhere/host-ssh:13
set -eu
cd "$(dirname "$0")/.."
folder=pulumi/local/hostimage
variant=${1:-}
name=kubernetes-anywhere/host:13
[ -z "$variant" ] || name=kubernetes-anywhere/host-${variant%-*}:${variant##*-}
cache=${KUBERNETES_ANYWHERE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubernetes-anywhere}
mkdir -p "$cache"
# Whoever comes second finds the work done.
exec 9>"$cache/host$variant.lock"
flock 9

# sources lists the files that the image is made from.
sources() {
	find "$folder" -path "$folder/variants" -prune -o -type f -print
	[ -z "$variant" ] || find "$folder/variants/$variant.sh" "$folder/variants/rootfs/${variant%-*}" -type f 2>/dev/null || true
}

# Contents, names and modes: a script that is no longer executable is a change.
key=$(sources | LC_ALL=C sort | while read -r file; do
	stat -c '%a %n' "$file"
	sha256sum "$file"
done | sha256sum | cut -c1-16)
imported=$(docker image inspect -f '{{index .Config.Labels "kubernetes-anywhere.key"}}' "$name" 2>/dev/null || true)
archive=$cache/host$variant.tar
if [ -n "$variant" ] && [ "$imported" = "$key" ]; then
	exit 0
fi
if [ ! -e "$archive" ] || [ "$(cat "$cache/host$variant.key" 2>/dev/null)" != "$key" ]; then
	echo "host image: building $name from packages (about 90 s)" >&2
	rm -f "$cache/host$variant.key"
	"$folder/build.sh" "$archive" ${variant:+"$variant"}
	echo "$key" >"$cache/host$variant.key"
fi
if [ "$imported" != "$key" ]; then
	echo "host image: importing into Docker as $name" >&2
	old=$(docker image inspect -f '{{.Id}}' "$name" 2>/dev/null || true)
	docker import -c "LABEL kubernetes-anywhere.key=$key" "$archive" "$name" >/dev/null
	# Where a host still runs from the old one, Docker keeps it.
	[ -z "$old" ] || docker image rm "$old" >/dev/null 2>&1 || true
fi
[ -z "$variant" ] || rm -f "$archive" "$cache/host$variant.key"
