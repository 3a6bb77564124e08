#!/bin/sh
# Measures clusters of ours against kubeadm's; see docs/performance.md.
# ANYWHERE_BENCH_RUNS says how many clusters each side makes.
set -eu
cd "$(dirname "$0")/.."
ANYWHERE_BENCH_KUBEADM=$(go run ./cmd/bundle kubeadm)
export ANYWHERE_BENCH=1 ANYWHERE_BENCH_KUBEADM
exec go test -run '^$' -bench . -benchtime 1x -v -timeout 60m ./test/bench
