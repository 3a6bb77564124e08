package gcp

import (
	"regexp"
	"strings"
	"testing"
)

func TestAccountID_FitsAndTellsClustersApart(t *testing.T) {
	form := regexp.MustCompile(`^[a-z][-a-z0-9]{4,28}[a-z0-9]$`)
	seen := map[string]string{}
	for _, cluster := range []string{
		"a", "demo", strings.Repeat("a", 22), strings.Repeat("a", 23), strings.Repeat("a", 31), strings.Repeat("a", 32),
		strings.Repeat("a", 31) + "b", "staging-europe-west-four-blue", "staging-europe-west-four-green", "aaaaaaaaaaaaaa-aaaaaaaaaaaaaaaaa",
	} {
		for _, role := range []string{"control", "worker"} {
			id := accountID(cluster, role)
			if !form.MatchString(id) || !strings.HasSuffix(id, "-"+role) || strings.Contains(id, "--") {
				t.Errorf("accountID(%q, %q) = %q", cluster, role, id)
			}
			if other, taken := seen[id]; taken {
				t.Errorf("%q and %q share %q", other, cluster, id)
			}
			seen[id] = cluster
		}
	}
}

func TestMark_IsNoBeginningOfAnothers(t *testing.T) {
	if strings.HasPrefix(Mark("demo-2"), Mark("demo")) {
		t.Errorf("%q begins with %q", Mark("demo-2"), Mark("demo"))
	}
	if got, want := Mark("demo"), "kubernetes-anywhere-cluster=demo;"; got != want {
		t.Errorf("Mark() = %q, want %q", got, want)
	}
}
