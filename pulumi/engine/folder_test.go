package engine_test

import (
	"path/filepath"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

// What is written as a URL is read again, on Windows too.
func TestFolder_ReadsWhatFolderURLWrites(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "a b", "state")
	if err := engine.CheckBackend(engine.FolderURL(folder)); err != nil {
		t.Error(err)
	}
	got, local := engine.Folder(engine.FolderURL(folder) + "?metadata=skip")
	want(t, "folder", got, folder)
	want(t, "local", local, true)
	got, _ = engine.Folder("file:///a%20b")
	want(t, "escaped", got, filepath.FromSlash("/a b"))
	if _, local := engine.Folder("s3://bucket/folder"); local {
		t.Error("a bucket counts as a folder")
	}
}
