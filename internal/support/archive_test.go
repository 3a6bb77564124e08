package support

import (
	"archive/tar"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"path"
	"strings"
	"testing"
	"time"
)

// opened are the files of an archive.
func opened(t *testing.T, data []byte) map[string]string {
	t.Helper()
	unpacked, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for r := tar.NewReader(unpacked); ; {
		header, err := r.Next()
		if errors.Is(err, io.EOF) {
			return files
		}
		if err != nil {
			t.Fatal(err)
		}
		if header.Mode != 0o600 {
			t.Errorf("%s has mode %o", header.Name, header.Mode)
		}
		content, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		files[header.Name] = string(content)
	}
}

func text(content string, err error) func(context.Context) (map[string][]byte, error) {
	return One(func(context.Context) ([]byte, error) { return []byte(content), err })
}

func TestCollect_KeepsWhatCanBeHadAndNamesTheRest(t *testing.T) {
	folder := func(context.Context) (map[string][]byte, error) {
		return map[string][]byte{"a.log": []byte("a"), "deep/b.log": []byte("b")}, errors.New("c.log: gone,\ntoken abcdef.0123456789abcdef")
	}
	late := Item{Path: "late", Deadline: 10 * time.Millisecond, Collect: func(ctx context.Context) (map[string][]byte, error) {
		<-ctx.Done()
		return map[string][]byte{"": []byte("half")}, nil
	}}
	c := Collect(t.Context(), [][]Item{
		{{Path: "one.txt", About: "the one", Collect: text("1", nil)}, {Path: "none.txt", Collect: text("", errors.New("no answer"))}},
		{{Path: "logs", About: "many", Collect: folder}, late, {Path: "crash", Collect: func(context.Context) (map[string][]byte, error) { panic("oh") }}},
		{{Path: "secret.txt", Collect: text("token-secret: 0123456789abcdef", nil)}},
	}, NewRedactor(nil), nil)
	var out bytes.Buffer
	if err := c.Write(&out, "top", time.Now(), "# Words\n"); err != nil {
		t.Fatal(err)
	}
	files := opened(t, out.Bytes())
	for name, want := range map[string]string{"one.txt": "1", "logs/a.log": "a", "logs/deep/b.log": "b", "late": "half", "secret.txt": "token-secret: <redacted: secret>"} {
		if got := files[path.Join("top", name)]; got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	wanted := []string{"crash: collecting it broke: oh", "late: context deadline exceeded", "logs: c.log: gone, token abcdef.<redacted: bootstrap token>", "none.txt: no answer"}
	if got := files["top/errors.txt"]; got != strings.Join(wanted, "\n")+"\n" {
		t.Errorf("errors.txt:\n%s", got)
	}
	for _, want := range []string{"# Words", "| `one.txt` | the one |", "`errors.txt`", "secret: 1 times"} {
		if !strings.Contains(files["top/README.md"], want) {
			t.Errorf("%q is not in\n%s", want, files["top/README.md"])
		}
	}
}

func TestCollect_KeepsTheEndOfWhatIsTooLong(t *testing.T) {
	long := strings.Repeat("line\n", mostOfFile/5+10) + "the end"
	c := Collect(t.Context(), [][]Item{{{Path: "x", Collect: text(long, nil)}}}, NewRedactor(nil), nil)
	got := string(c.Files["x"])
	if len(got) > mostOfFile+100 || !strings.HasSuffix(got, "the end") || !strings.HasPrefix(got, "(the first ") {
		t.Errorf("%d bytes, from %q", len(got), got[:60])
	}
}
