#!/bin/sh
# Checks sources without running them: format, go vet, staticcheck, how errors
# are compared and wrapped, known vulnerabilities. The rules of the house that a
# program can read (imports, no init, shell scripts, licences) are tests.
set -eu
cd "$(dirname "$0")/.."
failed=

# check runs one of them, and goes on with the others where it fails. One that
# cannot be done here ends with 75.
check() {
	name=$1
	shift
	began=$(date +%s)
	status=0
	"$@" || status=$?
	case $status in
	0) echo "verify: $name: fine, $(($(date +%s) - began)) s" >&2 ;;
	75) echo "verify: $name: not checked" >&2 ;;
	*) failed="$failed $name" ;;
	esac
}

format() {
	unformatted=$(git ls-files '*.go' | xargs gofmt -l)
	[ -z "$unformatted" ] || {
		echo "not formatted; type: gofmt -w $(echo "$unformatted" | tr '\n' ' ')" >&2
		return 1
	}
}

# ours runs a program over this module and over that of the tools.
ours() {
	"$@" ./... && (cd hack/tools && "$@" ./...)
}

tools=$(hack/tools.sh)
check format format
check vet ours go vet
check staticcheck ours "$tools/staticcheck"
check errorlint ours go vet -vettool="$tools/errorlint"
check vulnerabilities hack/vulnerabilities.sh
[ -z "$failed" ] || {
	echo "verify: failed:$failed" >&2
	exit 1
}
