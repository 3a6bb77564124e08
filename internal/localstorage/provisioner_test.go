package localstorage

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	core "k8s.io/api/core/v1"
	storage "k8s.io/api/storage/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"sigs.k8s.io/sig-storage-lib-external-provisioner/v13/controller"
)

func newProvisioner(t *testing.T) *provisioner {
	t.Helper()
	folder := filepath.Join(t.TempDir(), "volumes")
	root, err := open(folder)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = root.Close() })
	return &provisioner{node: "node-1", host: "host-1", folder: folder, root: root}
}

func claim(modes ...core.PersistentVolumeAccessMode) *core.PersistentVolumeClaim {
	return &core.PersistentVolumeClaim{
		ObjectMeta: meta.ObjectMeta{Name: "data", Namespace: "default", Annotations: map[string]string{selectedNode: "node-1"}},
		Spec: core.PersistentVolumeClaimSpec{
			AccessModes: modes,
			Resources:   core.VolumeResourceRequirements{Requests: core.ResourceList{core.ResourceStorage: resource.MustParse("1Gi")}},
		},
	}
}

func asked(c *core.PersistentVolumeClaim) controller.ProvisionOptions {
	return controller.ProvisionOptions{StorageClass: &storage.StorageClass{}, PVName: "pvc-1", PVC: c, SelectedNodeName: "node-1"}
}

func TestProvision_MakesAFolderForAnyUserBehindOneForRootAlone(t *testing.T) {
	p := newProvisioner(t)
	volume, state, err := p.Provision(t.Context(), asked(claim(core.ReadWriteOnce)))
	if err != nil || state != controller.ProvisioningFinished {
		t.Fatalf("%v, %v", state, err)
	}
	for path, want := range map[string]os.FileMode{p.folder: 0o700, volume.Spec.Local.Path: 0o777} {
		info, err := os.Stat(path)
		if err != nil || !info.IsDir() || info.Mode().Perm() != want {
			t.Errorf("%s is %v (%v), want a folder with %v", path, info.Mode(), err, want)
		}
	}
	if size := volume.Spec.Capacity[core.ResourceStorage]; size.String() != "1Gi" {
		t.Errorf("capacity is %s", size.String())
	}
	if volume.Spec.PersistentVolumeReclaimPolicy != core.PersistentVolumeReclaimDelete {
		t.Errorf("reclaim policy is %s", volume.Spec.PersistentVolumeReclaimPolicy)
	}
	wanted := volume.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0]
	if wanted.Key != "kubernetes.io/hostname" || len(wanted.Values) != 1 || wanted.Values[0] != "host-1" {
		t.Errorf("held to %v", wanted)
	}
	if _, _, err := p.Provision(t.Context(), asked(claim(core.ReadWriteOnce))); err != nil {
		t.Errorf("trying again: %v", err)
	}
}

func TestProvision_RefusesWhatOneDiskCannotGive(t *testing.T) {
	p := newProvisioner(t)
	selecting := claim(core.ReadWriteOnce)
	selecting.Spec.Selector = &meta.LabelSelector{}
	for want, c := range map[string]*core.PersistentVolumeClaim{
		"access mode ReadWriteMany": claim(core.ReadWriteOnce, core.ReadWriteMany),
		"access mode ReadOnlyMany":  claim(core.ReadOnlyMany),
		"a claim with a selector":   selecting,
	} {
		if _, _, err := p.Provision(t.Context(), asked(c)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
	if entries, err := os.ReadDir(p.folder); err != nil || len(entries) > 0 {
		t.Errorf("folders were made: %v, %v", entries, err)
	}
	if _, _, err := p.Provision(t.Context(), asked(claim(core.ReadWriteOncePod))); err != nil {
		t.Errorf("ReadWriteOncePod: %v", err)
	}
}

func TestShouldProvision_TakesOnlyThisNodesClaims(t *testing.T) {
	p := newProvisioner(t)
	mine, others, nobodys := claim(), claim(), claim()
	others.Annotations[selectedNode] = "node-2"
	delete(nobodys.Annotations, selectedNode)
	if !p.ShouldProvision(t.Context(), mine) || p.ShouldProvision(t.Context(), others) || p.ShouldProvision(t.Context(), nobodys) {
		t.Error("took another's claim, or not its own")
	}
}

// A volume whose path leads elsewhere, or that is held to another node, is no
// volume of ours, whatever it says of who made it.
func TestDelete_DeletesThisVolumeAndNothingElse(t *testing.T) {
	p := newProvisioner(t)
	volume, _, err := p.Provision(t.Context(), asked(claim(core.ReadWriteOnce)))
	if err != nil {
		t.Fatal(err)
	}
	outside := filepath.Join(filepath.Dir(p.folder), "outside")
	if err := os.WriteFile(outside, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(filepath.Dir(outside), filepath.Join(volume.Spec.Local.Path, "link")); err != nil {
		t.Fatal(err)
	}
	for name, spoil := range map[string]func(*core.PersistentVolume){
		"path": func(v *core.PersistentVolume) { v.Spec.Local.Path = outside },
		"name": func(v *core.PersistentVolume) { v.Name = "../outside" },
		"node": func(v *core.PersistentVolume) {
			v.Spec.NodeAffinity.Required.NodeSelectorTerms[0].MatchExpressions[0].Values = []string{"host-2"}
		},
		"affinity": func(v *core.PersistentVolume) { v.Spec.NodeAffinity = nil },
		"kind":     func(v *core.PersistentVolume) { v.Spec.Local = nil },
	} {
		spoilt := volume.DeepCopy()
		spoil(spoilt)
		var ignored *controller.IgnoredError
		if err := p.Delete(t.Context(), spoilt); !errors.As(err, &ignored) {
			t.Errorf("another %s: %v, want it ignored", name, err)
		}
	}
	if _, err := os.Stat(volume.Spec.Local.Path); err != nil {
		t.Fatalf("it is gone: %v", err)
	}
	if err := p.Delete(t.Context(), volume); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(volume.Spec.Local.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("it is still there: %v", err)
	}
	if _, err := os.Stat(outside); err != nil {
		t.Errorf("a link in it was followed: %v", err)
	}
}
