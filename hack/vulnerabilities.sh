#!/bin/sh
# Asks Go's database of vulnerabilities about every package that the programs
# link, and fails where one is known. Which of its functions are called is not
# looked at: that needs more memory than a small machine has.
#
#   VULNDB=https://vuln.example.com hack/vulnerabilities.sh
#
# VULNDB is another database, such as a mirror or file:///folder. Where it is not
# given and Go's own does not answer, nothing is checked: exit code 75.
set -eu
cd "$(dirname "$0")/.."
tools=$(hack/tools.sh)
failed=
for program in kubectl-anywhere bootstrap; do
	said=$("$tools/govulncheck" -db "${VULNDB:-https://vuln.go.dev}" -scan package "./cmd/$program" 2>&1) || {
		code=$?
		case ${VULNDB:-unset}:$said in
		unset:*"fetching vulnerabilities"*)
			echo "vulnerabilities: not checked: Go's database does not answer; VULNDB=URL names a mirror of it" >&2
			exit "${failed:-75}" # EX_TEMPFAIL of sysexits.h
			;;
		esac
		failed=$code
		echo "vulnerabilities of what $program links:
$said" >&2
	}
done
exit "${failed:-0}"
