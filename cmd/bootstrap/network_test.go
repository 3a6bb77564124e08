package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

func TestNetwork_RefusesALineThatMeansNothing(t *testing.T) {
	for _, args := range [][]string{
		{"network"},
		{"network", "switch"},
		{"network", "clean"},
		{"network", "clean", "--leftovers", `{"interface": ["a"]}`},
		{"network", "clean", "--leftovers", "{}", "--pods", "10.244.0.0"},
		{"network", "prepare", "--kernel", `{"module": ["a"]}`},
	} {
		if err := run(t.Context(), args, nil, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%v: got %v", args, err)
		}
	}
}

func TestNetworkClean_SaysWhatItTook(t *testing.T) {
	root := t.TempDir()
	file := filepath.Join(root, "etc/cni/net.d/10-lay.conflist")
	if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	var out bytes.Buffer
	args := []string{"network", "clean", "--host-root", root, "--leftovers", `{"files": ["/etc/cni/net.d/10-lay.conflist"]}`}
	if err := run(t.Context(), args, nil, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	var said struct{ Removed []string }
	if err := json.Unmarshal(out.Bytes(), &said); err != nil || len(said.Removed) != 1 || said.Removed[0] != "file /etc/cni/net.d/10-lay.conflist" {
		t.Errorf("got %s, %v", out.String(), err)
	}
	if _, err := os.Stat(file); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the file is still there: %v", err)
	}
}
