package host

import (
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

type toldMetadata struct{}

func (toldMetadata) Instance(_ context.Context, cloud string) (node.Instance, error) {
	return node.Instance{Name: "i-1", ProviderID: cloud + ":///zone/i-1"}, nil
}

func TestFacts_TellAlsoWhoTheMachineIsAndHowEtcdBegan(t *testing.T) {
	began, err := json.Marshal(etcdRecord{EtcdStart: node.EtcdStart{State: "new", Members: []node.Member{{Name: "p1", Address: "10.1.0.5"}}}})
	if err != nil {
		t.Fatal(err)
	}
	r, runner := newRun(t, map[string]string{"proc/1/status": "CapBnd:\t000001ffffffffff\n", etcdPath: string(began)})
	before := filesBelow(t, r.HostRoot)
	r.Metadata, r.Patience, r.Pause = toldMetadata{}, time.Second, time.Millisecond
	facts, err := Facts(t.Context(), r.Options, node.AWS)
	if err != nil {
		t.Fatal(err)
	}
	if facts.Hostname != "w1" || facts.Instance.ProviderID != "aws:///zone/i-1" || facts.Etcd.Members[0].Name != "p1" || !facts.HasSysResource {
		t.Errorf("got %+v", facts)
	}
	if after := filesBelow(t, r.HostRoot); !slices.Equal(before, after) {
		t.Errorf("there were %v and are %v", before, after)
	}
	for _, command := range runner.ran {
		if !slices.Contains([]string{"containerd --version", "docker version"}, command) {
			t.Errorf("it ran %q", command)
		}
	}
}

func filesBelow(t *testing.T, folder string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(folder, func(path string, _ os.DirEntry, err error) error {
		files = append(files, path)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
