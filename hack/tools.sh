#!/bin/sh
# Builds the programs that this tree is checked with, of hack/tools, and
# prints the folder that they are in.
set -eu
cd "$(dirname "$0")/tools"
folder=${KUBERNETES_ANYWHERE_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/kubernetes-anywhere}/tools
mkdir -p "$folder"
GOBIN=$folder go install tool ./errorlint
echo "$folder"
