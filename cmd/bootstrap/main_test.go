package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"os"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/manager"
)

// What package node writes for the addon-manager is what that one reads; node
// does not import it, as it would bring a client library along.
func TestClusterFile_IsWhatTheAddonManagerReads(t *testing.T) {
	golden, err := os.ReadFile("../../bootstrap-image/node/testdata/cloud-control-plane.golden")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(golden, []byte("===== /etc/kubernetes/cluster.json 644\n"))
	document, _, found := bytes.Cut(rest, []byte("====="))
	if !found {
		t.Fatal("there is no cluster.json in the golden file")
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	var file manager.File
	if err := decoder.Decode(&file); err != nil {
		t.Fatal(err)
	}
	if file.Cluster.Metadata.Name != "demo" || file.NodeEndpoint != "api.example.com:6443" || len(file.ControlPlanes) != 3 || file.BootstrapTokenID != "abcdef" {
		t.Errorf("it reads %+v", file)
	}
}

func TestRun_RefusesCommandLinesThatMeanNothing(t *testing.T) {
	for _, args := range [][]string{{}, {"aply"}, {"apply"}, {"apply", "--bundle", "-", "rest"}, {"apply", "--nope"},
		{"init", "cluster.json"}, {"init", "--token-ttl", "-1h"}, {"init", "--config", "/nowhere/cluster.json"},
		{"join"}, {"join", "10.0.0.2:6443"}, {"join", "10.0.0.2:6443", "--token", "abcdef.0123456789abcdef"},
		{"token"}, {"token", "make"}, {"token", "create", "--ttl", "0s"}, {"token", "delete"},
		{"render", "--bundle", "x"}, {"local-storage"}, {"local-storage", "--node", "n", "rest"}} {
		var stdout, stderr bytes.Buffer
		err := run(context.Background(), args, strings.NewReader(""), &stdout, &stderr)
		if !errors.Is(err, errUsage) || exitCode(err, false) != exitUsage {
			t.Errorf("%q: got %v", args, err)
		}
	}
}

func TestExitCode_TellsTimeoutsAndInterrupts(t *testing.T) {
	for _, test := range []struct {
		err         error
		interrupted bool
		want        int
	}{
		{errors.New("x"), false, exitFailed},
		{context.DeadlineExceeded, false, exitTimedOut},
		{context.Canceled, true, exitInterrupted},
	} {
		if got := exitCode(test.err, test.interrupted); got != test.want {
			t.Errorf("%v: got %d, want %d", test.err, got, test.want)
		}
	}
}
