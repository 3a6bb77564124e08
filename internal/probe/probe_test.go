package probe_test

import (
	"bytes"
	"context"
	"net"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/probe"
)

func TestRun_GetReadsWhatServeAnswers(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	listener.Close()
	ctx, cancel := context.WithCancel(context.Background())
	served := make(chan error, 1)
	go func() { served <- probe.Run(ctx, []string{"serve", address}, nil) }()

	var out bytes.Buffer
	for range 100 {
		if err = probe.Run(ctx, []string{"get", "http://" + address}, &out); err == nil {
			break
		}
		time.Sleep(20 * time.Millisecond)
	}
	name, _ := os.Hostname()
	if err != nil || strings.TrimSpace(out.String()) != name {
		t.Errorf("got %q, %v; want %q", out.String(), err, name)
	}
	cancel()
	if err := <-served; err != nil {
		t.Errorf("serve ended with %v", err)
	}
}

func TestRun_LookupPrintsAddresses(t *testing.T) {
	var out bytes.Buffer
	if err := probe.Run(context.Background(), []string{"lookup", "localhost"}, &out); err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(out.String(), "127.0.0.1") && !strings.Contains(out.String(), "::1") {
		t.Errorf("localhost is %q", out.String())
	}
}

func TestRun_RefusesWhatItDoesNotKnow(t *testing.T) {
	for _, args := range [][]string{nil, {"lookup"}, {"fly", "x"}, {"get", "a", "b"}} {
		err := probe.Run(context.Background(), args, &bytes.Buffer{})
		if err == nil || !strings.Contains(err.Error(), "probe lookup NAME") {
			t.Errorf("%q: got %v, want the usage", args, err)
		}
	}
}

func TestRun_NftablesAsksTheKernelAndMakesNothing(t *testing.T) {
	if err := exec.Command("nft", "list", "tables").Run(); err != nil {
		if os.Getenv("ANYWHERE_REQUIRE_TOOLS") == "1" {
			t.Fatal(err)
		}
		t.Skipf("nft cannot be run here: %v", err)
	}
	if err := probe.Run(t.Context(), []string{"nftables", "counter accept"}, nil); err != nil {
		t.Error(err)
	}
	err := probe.Run(t.Context(), []string{"nftables", "jump nowhere"}, nil)
	if err == nil || !strings.Contains(err.Error(), `rule "jump nowhere": /dev/stdin:3:`) && !strings.Contains(err.Error(), `rule "jump nowhere": Error:`) {
		t.Errorf("a rule that no kernel takes: %v", err)
	}
	left, err := exec.Command("nft", "list", "tables").Output()
	if err != nil || strings.Contains(string(left), "inet probe") {
		t.Errorf("left are %s, %v", left, err)
	}
}
