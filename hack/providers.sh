#!/bin/sh
# Runs the clouds' programs against the published providers' own upstream code.
# The plugins are built once into the cache, minutes of work each, and built
# again only where their sources have changed.
#
#   hack/providers.sh [go test flags]
set -eu
cd "$(dirname "$0")/.."
plugins=$KUBERNETES_ANYWHERE_CACHE/providers
mkdir -p "$plugins"

# build CLOUD COMMAND...: builds a plugin unless its sources are those it is of;
# what is written for people is none.
build() {
	cloud=$1 plugin=$plugins/pulumi-resource-$1
	shift
	sum=$(find "test/providers/$cloud" -type f ! -name "*.md" | LC_ALL=C sort | xargs cat | sha256sum)
	if [ -x "$plugin" ] && [ "$(cat "$plugin.sum" 2>/dev/null)" = "$sum" ]; then
		return
	fi
	echo "building $plugin"
	"$@"
	echo "$sum" >"$plugin.sum"
}

build gcp go build -C test/providers/gcp -ldflags "-s -w" -o "$plugins/pulumi-resource-gcp" .
build aws test/providers/aws/build.sh "$plugins"
ANYWHERE_PROVIDERS=$plugins exec go test -count 1 -timeout 60m "$@" ./test/providers
