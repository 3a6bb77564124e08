// Package node_test takes phase 2 through its whole life on real hosts: made by
// docker run, by SSH, by a cloud's first boot; lost, restored, aged.
package node_test

import (
	"os"
	"testing"
)

// Suites that a test can belong to: each sets its variable, and what is missing
// is then a failure and no skip.
const (
	core   = "ANYWHERE_E2E"  // 'make test'
	longer = "ANYWHERE_NODE" // 'make test-node'
)

// needs skips a test that is not of the suite under way.
func needs(t *testing.T, suite string) {
	t.Helper()
	if os.Getenv(suite) == "" {
		t.Skipf("%s is not set: 'make test' sets %s, 'make test-node' %s as well", suite, core, longer)
	}
}
