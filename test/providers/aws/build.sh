#!/bin/sh
# Builds pulumi-resource-aws from the upstream provider, of which only the
# services that a cluster needs are copied and compiled.
#
#   build.sh [FOLDER]    default: ~/.cache/kubernetes-anywhere/providers
set -eu
cd "$(dirname "$0")"
out=${1:-${XDG_CACHE_HOME:-$HOME/.cache}/kubernetes-anywhere/providers}
mkdir -p "$out"
out=$(cd "$out" && pwd)
export CGO_ENABLED=0

upstream=github.com/hashicorp/terraform-provider-aws
go run ./trim "$out/terraform-provider-aws"
cp go.mod "$out/aws.mod"
cp go.sum "$out/aws.sum"
go mod edit -replace "$upstream=$out/terraform-provider-aws" "$out/aws.mod"
go build -modfile "$out/aws.mod" -trimpath -ldflags '-s -w' -o "$out/pulumi-resource-aws" .
echo "$out/pulumi-resource-aws"
