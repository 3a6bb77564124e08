#!/bin/sh
# Writes what is generated from the source: comments and places of the config's
# fields, JSON Schema, reference, pictures, expected reports and screens. Tests
# compare all of it; read the diff before you commit it.
set -eu
cd "$(dirname "$0")/.."
# Twice: what the first run writes is built into the second.
for _ in 1 2; do
	go test -count 1 -timeout 30m ./internal/schema -update
done
go test -count 1 -run TestPermissions ./pulumi/gcp ./pulumi/aws ./pulumi/azure -update
exec go test -count 1 ./internal/addon ./internal/catalog ./internal/diagram/... ./internal/health ./internal/config/... ./internal/migrate \
	./test/docs/commands ./test/house ./test/layers ./test/script ./test/terminal -update
