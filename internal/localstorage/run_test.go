package localstorage

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	core "k8s.io/api/core/v1"
	rbac "k8s.io/api/rbac/v1"
	storage "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
	"sigs.k8s.io/yaml"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/addons"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/kube/kubetest"
)

// fromAddon reads the addon's own objects, so that the program runs with the
// rights, and for the class, that it has in clusters.
func fromAddon(t *testing.T, file string, into ...any) {
	t.Helper()
	text, err := addons.Files().ReadFile("local-storage/" + file)
	if err != nil {
		t.Fatal(err)
	}
	documents := bytes.Split(text, []byte("\n---\n"))
	if len(documents) != len(into) {
		t.Fatalf("%s has %d objects, want %d", file, len(documents), len(into))
	}
	for i, document := range documents {
		if err := yaml.UnmarshalStrict(document, into[i]); err != nil {
			t.Fatalf("reading %s: %v", file, err)
		}
	}
}

// TestRun_LivesWithAClaim takes a claim through its life against a real API
// server. What the controller-manager and the scheduler would say is said here.
func TestRun_LivesWithAClaim(t *testing.T) {
	server := kubetest.Start(t)
	config, err := clientcmd.RESTConfigFromKubeConfig(server.Kubeconfig(kubetest.AdminToken))
	if err != nil {
		t.Fatal(err)
	}
	admin, err := kubernetes.NewForConfig(config)
	if err != nil {
		t.Fatal(err)
	}
	var account core.ServiceAccount
	var role rbac.ClusterRole
	var binding rbac.ClusterRoleBinding
	var class storage.StorageClass
	fromAddon(t, "rbac.yaml", &account, &role, &binding)
	fromAddon(t, "storageclass.yaml", &class)
	ctx := t.Context()
	_, err1 := admin.RbacV1().ClusterRoles().Create(ctx, &role, meta.CreateOptions{})
	_, err2 := admin.RbacV1().ClusterRoleBindings().Create(ctx, &binding, meta.CreateOptions{})
	_, err3 := admin.StorageV1().StorageClasses().Create(ctx, &class, meta.CreateOptions{})
	node := &core.Node{ObjectMeta: meta.ObjectMeta{Name: kubetest.NodeName, Labels: map[string]string{core.LabelHostname: "host-1"}}}
	_, err4 := admin.CoreV1().Nodes().Create(ctx, node, meta.CreateOptions{})
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		t.Fatal(err)
	}

	folder := filepath.Join(t.TempDir(), "volumes")
	running, stop := context.WithCancel(ctx)
	ended := make(chan error, 1)
	config.Impersonate.UserName = "system:serviceaccount:" + account.Namespace + ":" + account.Name
	config.Impersonate.Groups = []string{"system:authenticated", "system:serviceaccounts"}
	go func() {
		ended <- Run(running, Options{Node: kubetest.NodeName, Folder: folder, Config: config, Log: io.Discard})
	}()
	defer func() {
		stop()
		if err := <-ended; err != nil {
			t.Errorf("ended with %v", err)
		}
	}()

	mine, others := claim(core.ReadWriteOnce), claim(core.ReadWriteOnce)
	others.Name, others.Annotations[selectedNode] = "others", "node-2"
	made := map[string]string{}
	for _, c := range []*core.PersistentVolumeClaim{mine, others} {
		c.Spec.StorageClassName = &class.Name
		// The controller-manager's annotation.
		c.Annotations["volume.kubernetes.io/storage-provisioner"] = Name
		got, err := admin.CoreV1().PersistentVolumeClaims("default").Create(ctx, c, meta.CreateOptions{})
		if err != nil {
			t.Fatal(err)
		}
		made[c.Name] = "pvc-" + string(got.UID)
	}
	var volume *core.PersistentVolume
	kubetest.Eventually(t, "the volume", func() (err error) {
		volume, err = admin.CoreV1().PersistentVolumes().Get(ctx, made["data"], meta.GetOptions{})
		return err
	})
	if volume.Spec.Local.Path != filepath.Join(folder, volume.Name) || volume.Spec.ClaimRef.Name != "data" || volume.Spec.StorageClassName != class.Name {
		t.Errorf("the volume is %+v", volume.Spec)
	}
	if err := os.WriteFile(filepath.Join(volume.Spec.Local.Path, "file"), nil, 0o600); err != nil {
		t.Errorf("writing to it: %v", err)
	}

	// The claim goes, and the controller-manager says so.
	volume.Status.Phase = core.VolumeReleased
	if _, err := admin.CoreV1().PersistentVolumes().UpdateStatus(ctx, volume, meta.UpdateOptions{}); err != nil {
		t.Fatal(err)
	}
	kubetest.Eventually(t, "the volume to go", func() error {
		got, err := admin.CoreV1().PersistentVolumes().Get(ctx, volume.Name, meta.GetOptions{})
		// The controller-manager would take off the finalizer that protects it.
		if apierrors.IsNotFound(err) || err == nil && got.DeletionTimestamp != nil {
			return nil
		}
		return fmt.Errorf("it is there: %w", err)
	})
	if _, err := os.Stat(volume.Spec.Local.Path); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("its folder is still there: %v", err)
	}
	if _, err := admin.CoreV1().PersistentVolumes().Get(ctx, made["others"], meta.GetOptions{}); !apierrors.IsNotFound(err) {
		t.Errorf("it made the volume of another node: %v", err)
	}
}
