package house_test

import (
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// database writes one in the format of Go's, with one entry: every version of a
// module has a vulnerability. See https://go.dev/doc/security/vuln/database.
func database(t *testing.T, module string) (url string) {
	t.Helper()
	folder := t.TempDir()
	for name, text := range map[string]string{
		"index/db.json":        `{"modified": "2026-01-02T03:04:05Z"}`,
		"index/modules.json":   `[{"path": "` + module + `", "vulns": [{"id": "GO-2026-0001", "modified": "2026-01-02T03:04:05Z"}]}]`,
		"ID/GO-2026-0001.json": `{"schema_version": "1.3.1", "id": "GO-2026-0001", "modified": "2026-01-02T03:04:05Z", "published": "2026-01-02T03:04:05Z", "summary": "Made up for a test", "affected": [{"package": {"name": "` + module + `", "ecosystem": "Go"}, "ranges": [{"type": "SEMVER", "events": [{"introduced": "0"}]}], "ecosystem_specific": {"imports": [{"path": "` + module + `"}]}}]}`,
	} {
		file := filepath.Join(folder, name)
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return "file://" + folder
}

// vulnerabilities runs the check with further variables.
func vulnerabilities(t *testing.T, env ...string) (string, error) {
	t.Helper()
	command := exec.CommandContext(t.Context(), filepath.Join(root, "hack", "vulnerabilities.sh"))
	command.Env = append(os.Environ(), env...)
	said, err := command.CombinedOutput()
	return string(said), err
}

func TestVulnerabilities_OfWhatIsLinkedFail(t *testing.T) {
	if said, err := vulnerabilities(t, "VULNDB="+database(t, "github.com/spf13/pflag")); err == nil || !strings.Contains(said, "GO-2026-0001") {
		t.Errorf("a vulnerability of a module that is linked passes: %v\n%s", err, said)
	}
	if said, err := vulnerabilities(t, "VULNDB="+database(t, "example.com/not/linked")); err != nil {
		t.Errorf("one of a module that is not linked fails: %v\n%s", err, said)
	}
	if said, err := vulnerabilities(t, "VULNDB=file:///nowhere"); err == nil {
		t.Errorf("a database that is named and is not there passes for one without entries:\n%s", said)
	}
	// By a proxy on a port that nobody listens on, Go's own does not answer.
	said, err := vulnerabilities(t, "VULNDB=", "HTTPS_PROXY=http://127.0.0.1:1")
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 75 || !strings.Contains(said, "not checked") {
		t.Errorf("no database at all: got %v, want exit code 75:\n%s", err, said)
	}
}
