package emulator_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
)

func TestEmulator_KeepsPoliciesThatARoleHasRoomFor(t *testing.T) {
	a := open(t)
	iam := func(want int, operation string, pairs ...string) string {
		t.Helper()
		status, answer := a.form("2010-05-08", operation, pairs...)
		if status != want {
			t.Fatalf("%s %v: %d %s, want %d", operation, pairs, status, answer, want)
		}
		return answer
	}
	policy := func(resource string) string {
		return fmt.Sprintf(`{"Version": "2012-10-17", "Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"], "Resource": [%q]}]}`, resource)
	}
	iam(http.StatusOK, "CreateRole", "RoleName", "node", "AssumeRolePolicyDocument", policy("*"))
	iam(http.StatusNotFound, "PutRolePolicy", "RoleName", "none", "PolicyName", "read", "PolicyDocument", policy("*"))
	iam(http.StatusBadRequest, "PutRolePolicy", "RoleName", "node", "PolicyName", "read", "PolicyDocument", "everything")
	for range 2 { // the second takes the place of the first
		iam(http.StatusOK, "PutRolePolicy", "RoleName", "node", "PolicyName", "read", "PolicyDocument", policy(strings.Repeat("x", 6000)))
	}
	iam(http.StatusConflict, "PutRolePolicy", "RoleName", "node", "PolicyName", "more", "PolicyDocument", policy(strings.Repeat("x", 6000)))
	iam(http.StatusOK, "PutRolePolicy", "RoleName", "node", "PolicyName", "more", "PolicyDocument", policy("*"))
	if kept := a.Policies()["node"]; len(kept) != 2 || kept["more"] != policy("*") {
		t.Errorf("kept is %v", kept)
	}
	iam(http.StatusConflict, "DeleteRole", "RoleName", "node")
	for _, name := range []string{"read", "more"} {
		iam(http.StatusOK, "DeleteRolePolicy", "RoleName", "node", "PolicyName", name)
	}
	iam(http.StatusOK, "DeleteRole", "RoleName", "node")
}
