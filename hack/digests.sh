#!/usr/bin/env bash
# Write, beside the tags of addons' images, the digests that the registries have
# for them. Needs registries; an image whose registry does not answer keeps what
# it has, and the script fails at the end.
#
# Images that hosts load from an archive keep their tag alone, because in an
# archive nothing has a registry's digest: give --all to pin these, too.
set -o errexit -o nounset -o pipefail

cd "$(dirname "${BASH_SOURCE[0]}")/.."
exec go run ./cmd/digests "$@"
