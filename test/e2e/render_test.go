package e2e_test

import (
	"archive/tar"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// testRendered compares what render says of a host with what create has put
// there: for the first control plane and a worker, file by file.
func (c *suite) testRendered(t *testing.T) {
	hosts := map[string]string{"control-plane": c.Name + "-control-plane-1", "workers": c.Name + "-workers-1"}
	facts, folder := t.TempDir(), filepath.Join(t.TempDir(), "rendered")
	for role, host := range hosts {
		if err := os.WriteFile(filepath.Join(facts, role+".json"), c.factsOf(t, host), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	assumed := filepath.Join(t.TempDir(), "assumed")
	c.Anywhere(t, "render", "-f", c.File, "--to", assumed)
	c.Anywhere(t, "render", "-f", c.File, "--facts", facts, "--to", folder)
	for role, host := range hosts {
		t.Run(role+": the facts are as assumed", func(t *testing.T) {
			sameFacts(t, filepath.Join(assumed, "2-bootstrap", role, "assumed-facts.json"), filepath.Join(facts, role+".json"))
		})
		t.Run(role+": each file that is rendered is on the host", func(t *testing.T) {
			c.holdsRendered(t, host, filepath.Join(folder, "2-bootstrap", role))
		})
		t.Run(role+": each file that was put on the host is rendered", func(t *testing.T) {
			c.rendersRecorded(t, host, filepath.Join(folder, "2-bootstrap", role))
		})
	}
	t.Run("the cluster does not differ from its config", func(t *testing.T) {
		out, err := c.Output(t, "render", "-f", c.File, "--diff", "cluster", "--exit-code")
		if err != nil || out != "" {
			t.Errorf("%v\n%s", err, out)
		}
	})
}

// installed is the part of the host's own record that is asked for.
type installed struct {
	Image    string         `json:"image"`
	Made     []string       `json:"made"`
	Replaced map[string]any `json:"replaced"`
	Units    []string       `json:"units"`
}

// userData is where a local host has its first-boot script.
const userData = "/var/lib/cloud/user-data"

const recordPath = "/var/lib/kubernetes-anywhere/installed.json"

func (c *suite) recordOf(t *testing.T, host string) installed {
	t.Helper()
	var rec installed
	if err := json.Unmarshal([]byte(c.Docker(t, "exec", host, "cat", recordPath)), &rec); err != nil {
		t.Fatal(err)
	}
	return rec
}

// factsOf is what the host says about itself, by the image that set it up.
func (c *suite) factsOf(t *testing.T, host string) []byte {
	t.Helper()
	return []byte(c.Docker(t, "exec", host, "docker", "run", "--rm", "--privileged", "--pid=host", "--net=host", "-v", "/:/host",
		c.recordOf(t, host).Image, "facts"))
}

// sameFacts compares facts, save for what nobody can know beforehand: the
// address that a worker is given, those of the pod network, the time, which
// patch of containerd the distribution has, on which nothing depends, and which
// kernel the machine has, of which render takes that it is not too old.
func sameFacts(t *testing.T, assumed, real string) {
	t.Helper()
	read := func(name string) node.Facts {
		var facts node.Facts
		document, err := os.ReadFile(name)
		if err == nil {
			err = json.Unmarshal(document, &facts)
		}
		if err != nil {
			t.Fatal(err)
		}
		facts.Addresses, facts.Now, facts.ContainerdVersion, facts.Kernel = nil, time.Time{}, "", ""
		return facts
	}
	a, b := read(assumed), read(real)
	if got, want := fmt.Sprintf("%+v", a), fmt.Sprintf("%+v", b); got != want {
		t.Errorf("render assumes\n%s\nand the host is\n%s", got, want)
	}
}

// entry is a line of MODES.
type entry struct {
	mode                 int64
	owner, kind, content string
	path, link           string
}

func modesOf(t *testing.T, folder string) []entry {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(folder, "MODES"))
	if err != nil {
		t.Fatal(err)
	}
	var all []entry
	for line := range strings.Lines(string(text)) {
		fields := strings.Fields(line)
		if strings.HasPrefix(line, "#") {
			continue
		}
		mode, err := strconv.ParseInt(fields[0], 8, 64)
		if err != nil || len(fields) != 5 && len(fields) != 7 {
			t.Fatalf("%q is no line of MODES: %v", line, err)
		}
		e := entry{mode: mode, owner: fields[1], kind: fields[2], content: fields[3], path: fields[4]}
		if len(fields) == 7 {
			e.link = fields[6]
		}
		all = append(all, e)
	}
	return all
}

// found is a file as it is on a host.
type found struct {
	*tar.Header
	content []byte
}

// on reads files of a host, by path. Those that are not there are left out.
func (c *suite) on(t *testing.T, host string, paths []string) map[string]found {
	t.Helper()
	list := strings.Join(paths, "\n") + "\n"
	cmd := exec.Command("docker", "exec", "--interactive", host, "tar", "--create", "--absolute-names", "--no-recursion", "--files-from=-", "--file=-")
	cmd.Stdin = strings.NewReader(list)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	archive, err := cmd.Output()
	var exit *exec.ExitError
	if err != nil && !errors.As(err, &exit) {
		t.Fatal(err)
	}
	t.Logf("tar on %s said %q", host, stderr.String())
	all := map[string]found{}
	for reader := tar.NewReader(bytes.NewReader(archive)); ; {
		header, err := reader.Next()
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatalf("reading files of %s: %v\n%s", host, err, stderr.String())
		}
		content, err := io.ReadAll(reader)
		if err != nil {
			t.Fatal(err)
		}
		all["/"+strings.Trim(header.Name, "/")] = found{header, content}
	}
}

// kubeletsOwn is a link that the kubelet leads elsewhere when it renews its
// certificate.
const kubeletsOwn = "/var/lib/kubelet/pki/kubelet-client-current.pem"

func (c *suite) holdsRendered(t *testing.T, host, folder string) {
	entries := modesOf(t, folder)
	var paths []string
	for _, e := range entries {
		paths = append(paths, e.path)
	}
	there := c.on(t, host, paths)
	exact, words := 0, 0
	for _, e := range entries {
		f, exists := there[e.path]
		if !exists {
			t.Errorf("%s is not on the host", e.path)
			continue
		}
		if e.kind != "link" && f.Mode&0o7777 != e.mode || f.Uid != 0 || f.Gid != 0 || e.owner != "root:root" {
			t.Errorf("%s has mode %04o of %d:%d, and render says %04o of %s", e.path, f.Mode, f.Uid, f.Gid, e.mode, e.owner)
		}
		switch {
		case e.kind == "link" && (f.Typeflag != tar.TypeSymlink || f.Linkname != e.link && e.path != kubeletsOwn),
			e.kind == "folder" && f.Typeflag != tar.TypeDir, e.kind == "file" && f.Typeflag != tar.TypeReg:
			t.Errorf("%s is a %c to %q, and render says a %s to %q", e.path, f.Typeflag, f.Linkname, e.kind, e.link)
		case e.kind != "file":
			continue
		}
		rendered, err := os.ReadFile(filepath.Join(folder, "tree", e.path))
		if err != nil {
			t.Error(err)
			continue
		}
		declared := e.content == "secret" || e.content == "later"
		if declared {
			words++
		} else {
			exact++
		}
		if !declared && !bytes.Equal(rendered, f.content) || declared && !pattern(rendered).Match(f.content) {
			t.Errorf("%s is not as rendered (%s):\n%s", e.path, e.content, rendered)
		}
	}
	script, err := os.ReadFile(filepath.Join(folder, "first-boot.sh"))
	if booted := c.Docker(t, "exec", host, "cat", userData); err != nil || !pattern(script).MatchString(booted) {
		t.Errorf("%v: the host booted by\n%s\nand render says\n%s", err, booted, script)
	}
	t.Logf("%s: %d files are the same to the byte, %d save for what is declared as secret or later", host, exact, words)
	if exact < 5 || words < 1 {
		t.Errorf("only %d and %d files were compared", exact, words)
	}
}

// standIn is what render writes for what it does not show. In YAML it is within
// quotes, which the value itself may not need.
var standIn = regexp.MustCompile(`"<(redacted|later): [^>]*>"|<(redacted|later): [^>]*>`)

// pattern matches what a rendered file says: every stand-in is something, and
// all around it is as it is.
func pattern(rendered []byte) *regexp.Regexp {
	var out strings.Builder
	out.WriteString(`\A`)
	last := 0
	for _, at := range standIn.FindAllIndex(rendered, -1) {
		out.WriteString(regexp.QuoteMeta(string(rendered[last:at[0]])) + `(?s:.+?)`)
		last = at[1]
	}
	out.WriteString(regexp.QuoteMeta(string(rendered[last:])) + `\z`)
	return regexp.MustCompile(out.String())
}

func TestPattern_MatchesWhatStandInsStandForAndNothingElse(t *testing.T) {
	rendered := []byte("user: admin\nkey: \"<redacted: a key, from somewhere>\"\nsum: '<later: a digest, known once it is made>'\n<later: a certificate, issued on the host>\nend\n")
	for text, matches := range map[string]bool{
		"user: admin\nkey: c2VjcmV0\nsum: 'abc'\n-----BEGIN\n-----END\nend\n":    true,
		"user: other\nkey: c2VjcmV0\nsum: 'abc'\n-----BEGIN\n-----END\nend\n":    false,
		"user: admin\nkey: \nsum: 'abc'\n-----BEGIN\n-----END\nend\n":            false,
		"user: admin\nkey: c2VjcmV0\nsum: 'abc'\n-----BEGIN\n-----END\nend\nx\n": false,
	} {
		if got := pattern(rendered).MatchString(text); got != matches {
			t.Errorf("%q: got %v, want %v", text, got, matches)
		}
	}
}

// rendersRecorded goes the other way: from the record that a reset goes by.
func (c *suite) rendersRecorded(t *testing.T, host, folder string) {
	var known []string
	for _, e := range modesOf(t, folder) {
		known = append(known, e.path)
	}
	rec := c.recordOf(t, host)
	put := slices.Clone(rec.Made)
	for name := range rec.Replaced {
		put = append(put, name)
	}
	for _, unit := range rec.Units {
		put = append(put, "/etc/systemd/system/"+unit)
	}
	if len(put) < 10 {
		t.Fatalf("the record of %s lists only %v", host, put)
	}
	for _, name := range put {
		// The README of what is rendered says so.
		ofImage := strings.HasPrefix(name, "/opt/cni/bin/") || strings.HasPrefix(name, "/var/lib/kubernetes-anywhere/")
		if !ofImage && !slices.Contains(known, name) {
			t.Errorf("%s was put on the host, and render does not say so", name)
		}
	}
}
