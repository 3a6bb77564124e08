package kube

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"

	"k8s.io/client-go/tools/clientcmd"
)

// ofAnother is somebody else's context that has our cluster's name.
const ofAnother = `apiVersion: v1
kind: Config
current-context: local
clusters: [{name: local, cluster: {server: "https://theirs.invalid"}}]
users: [{name: local, user: {token: t}}]
contexts: [{name: local, context: {cluster: local, user: local}}]
`

func TestMergeKubeconfig_LeavesTheCurrentContextUnlessAsked(t *testing.T) {
	file := userFile(t, ofUser)
	merged, err := MergeKubeconfig("", "local", []byte(ofCluster), false)
	if err != nil || merged.Current != "work" {
		t.Fatalf("got %+v, %v", merged, err)
	}
	if got := load(t, file).CurrentContext; got != "work" {
		t.Errorf("current context is %q", got)
	}
}

func TestMergeKubeconfig_LeavesAlikeNamedEntriesOfOthersAlone(t *testing.T) {
	file := userFile(t, ofAnother)
	_, err := MergeKubeconfig("", "local", []byte(ofCluster), true)
	if err == nil || !strings.Contains(err.Error(), "kubectl anywhere kubeconfig local > FILE") {
		t.Errorf("merged over it: %v", err)
	}
	if removed, err := RemoveKubeconfig("", "local"); removed || err != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
	if where, err := Owned("", "local"); where != "" || err != nil {
		t.Errorf("it is owned in %q, %v", where, err)
	}
	if data, err := os.ReadFile(file); string(data) != ofAnother {
		t.Errorf("the file was changed, %v:\n%s", err, data)
	}
	if _, err := os.Stat(file + ".lock"); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("the lock is left: %v", err)
	}
}

func TestMergeKubeconfig_KeepsTheNamespaceThatTheUserChose(t *testing.T) {
	file := userFile(t, "")
	for range 2 {
		if _, err := MergeKubeconfig("", "local", []byte(ofCluster), true); err != nil {
			t.Fatal(err)
		}
		config := load(t, file)
		config.Contexts["local"].Namespace = "team"
		if err := clientcmd.WriteToFile(*config, file); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := MergeKubeconfig("", "local", []byte(ofCluster), true); err != nil {
		t.Fatal(err)
	}
	if got := load(t, file).Contexts["local"].Namespace; got != "team" {
		t.Errorf("namespace %q", got)
	}
	if where, err := Owned("", "local"); where != file || err != nil {
		t.Errorf("owned in %q, %v", where, err)
	}
}

func TestMergeKubeconfig_GoesToTheFirstFileThereIs(t *testing.T) {
	second := userFile(t, ofUser)
	first := second + ".none"
	t.Setenv("KUBECONFIG", first+string(os.PathListSeparator)+second)
	merged, err := MergeKubeconfig("", "local", []byte(ofCluster), false)
	if err != nil || merged.File != second {
		t.Errorf("got %+v, %v", merged, err)
	}
	if _, err := os.Stat(first); err == nil {
		t.Error("the other one was made")
	}
}

func TestMergeKubeconfig_TellsOfAFileThatOthersMayRead(t *testing.T) {
	file := userFile(t, ofUser)
	if err := os.Chmod(file, 0o644); err != nil {
		t.Fatal(err)
	}
	if merged, err := MergeKubeconfig("", "local", []byte(ofCluster), false); err != nil || !merged.Shared {
		t.Errorf("got %+v, %v", merged, err)
	}
}

func TestKubeconfig_BrokenIsReportedWithItsPath(t *testing.T) {
	file := userFile(t, "{ this is no kubeconfig")
	for _, explicit := range []string{"", file} {
		_, merge := MergeKubeconfig(explicit, "local", []byte(ofCluster), true)
		_, remove := RemoveKubeconfig(explicit, "local")
		_, _, current := CurrentContext(explicit)
		_, owned := Owned(explicit, "local")
		for _, err := range []error{merge, remove, current, owned} {
			if err == nil || !strings.Contains(err.Error(), file) || strings.Count(err.Error(), "reading the user's") != 1 {
				t.Errorf("got %v", err)
			}
		}
	}
}

func TestRemoveKubeconfig_TakesWhatWasWrittenBeforeThereWereMarks(t *testing.T) {
	file := userFile(t, "")
	if _, err := MergeKubeconfig("", "local", []byte(ofCluster), true); err != nil {
		t.Fatal(err)
	}
	config := load(t, file)
	config.Contexts["local"].Extensions, config.Clusters["local"].Extensions, config.AuthInfos["local"].Extensions = nil, nil, nil
	config.AuthInfos["local"].ClientCertificateData = certificateOf(t, adminName)
	if err := clientcmd.WriteToFile(*config, file); err != nil {
		t.Fatal(err)
	}
	if removed, err := RemoveKubeconfig("", "local"); !removed || err != nil {
		t.Errorf("removed %v, %v", removed, err)
	}
	if config := load(t, file); len(config.Contexts)+len(config.Clusters)+len(config.AuthInfos) > 0 || config.CurrentContext != "" {
		t.Errorf("left %+v", config)
	}
}

// Each of many programs adds its own while the others do: none is lost.
func TestMergeKubeconfig_LosesNothingThatAnotherWritesMeanwhile(t *testing.T) {
	file := userFile(t, ofUser)
	const writers = 8
	var group sync.WaitGroup
	for i := range writers {
		group.Go(func() {
			if _, err := MergeKubeconfig("", fmt.Sprint("c", i), []byte(ofCluster), false); err != nil {
				t.Error(err)
			}
		})
	}
	group.Wait()
	if config := load(t, file); len(config.Contexts) != writers+1 || len(config.AuthInfos) != writers+1 || config.CurrentContext != "work" {
		t.Errorf("got %d contexts, %d users, current %q", len(config.Contexts), len(config.AuthInfos), config.CurrentContext)
	}
}

func TestMergeKubeconfig_NamesTheLockThatStays(t *testing.T) {
	file := userFile(t, ofUser)
	if err := os.WriteFile(file+".lock", nil, 0o600); err != nil {
		t.Fatal(err)
	}
	_, err := MergeKubeconfig("", "local", []byte(ofCluster), true)
	if err == nil || !strings.Contains(err.Error(), file+".lock") || !strings.Contains(err.Error(), "remove that file") {
		t.Errorf("got %v", err)
	}
}
