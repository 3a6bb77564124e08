package bench_test

import (
	"archive/tar"
	"encoding/json"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

// The cluster that is made. Range and port are none that other tests use.
const (
	clusterName = "bench"
	nodeCIDR    = "10.242.0.0/24"
	planeIP     = "10.242.0.2"
	apiPort     = 26443
)

// prepared is what both sides start from; none of it is measured.
type prepared struct {
	home, config, plugin string
	// bundle is the archive of images that both sides load.
	bundle *images.Bundle
	set    images.Set
}

// prepare copies the plugin, so that a build meanwhile is not measured, and
// gives both sides a home of their own.
func prepare(b *testing.B) *prepared {
	b.Helper()
	home := b.TempDir()
	p := &prepared{
		home: home, config: filepath.Join(home, "cluster.json"), plugin: filepath.Join(home, "kubectl-anywhere"),
		set: images.For(config.DefaultKubernetesVersion, ""),
	}
	program, err := os.ReadFile(filepath.Join("..", "..", "bin", "kubectl-anywhere"))
	if err != nil {
		b.Fatalf("%v; type: make build", err)
	}
	cluster, err := json.Marshal(map[string]any{
		"apiVersion": "kubernetes-anywhere.io/v1alpha1",
		"kind":       "Cluster",
		"metadata":   map[string]any{"name": clusterName},
		"spec": map[string]any{
			"target":  "local",
			"pools":   []any{map[string]any{"name": "workers", "count": 2}},
			"network": map[string]any{"nodeCIDR": nodeCIDR},
			"local":   map[string]any{"apiPort": apiPort},
		},
	})
	if err != nil {
		b.Fatal(err)
	}
	if err := errors.Join(os.WriteFile(p.plugin, program, 0o755), os.WriteFile(p.config, cluster, 0o600)); err != nil {
		b.Fatal(err)
	}
	if p.bundle, err = images.Find(config.DefaultKubernetesVersion, ""); err != nil || p.bundle.Path == "" {
		b.Fatalf("there is no archive of images (%v); type: make images", err)
	}
	return p
}

// command keeps the user's own clusters and kubeconfig out of reach.
func (p *prepared) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(name, args...)
	// A home of its own would also move the cache.
	cache := strings.TrimSuffix(p.bundle.Path, filepath.Join("images", filepath.Base(filepath.Dir(p.bundle.Path)), filepath.Base(p.bundle.Path)))
	cmd.Env = append(os.Environ(), "HOME="+p.home, "KUBECONFIG="+filepath.Join(p.home, "kubeconfig"), "KUBERNETES_ANYWHERE_CACHE="+filepath.Clean(cache))
	return cmd
}

// programs is an archive, for kubeadm's hosts, of kubeadm itself and of the
// programs that our bootstrap image brings to a host: both sides run the same.
func (p *prepared) programs(b *testing.B, kubeadm string) string {
	b.Helper()
	path := filepath.Join(p.home, "programs.tar")
	out, err := os.Create(path)
	if err != nil {
		b.Fatal(err)
	}
	w := tar.NewWriter(out)
	program, err := os.ReadFile(kubeadm)
	if err == nil {
		err = w.WriteHeader(&tar.Header{Name: "usr/local/bin/kubeadm", Mode: 0o755, Size: int64(len(program)), Typeflag: tar.TypeReg})
	}
	if err == nil {
		_, err = w.Write(program)
	}
	if err == nil {
		err = copyPrograms(w, p.bundle.BootstrapPath)
	}
	if err = errors.Join(err, w.Close(), out.Close()); err != nil {
		b.Fatalf("packing the programs of kubeadm's hosts: %v", err)
	}
	return path
}

// copyPrograms copies kubelet and CNI plugins out of an archive of images:
// every layer in it is an archive itself.
func copyPrograms(w *tar.Writer, archive string) error {
	file, err := os.Open(archive)
	if err != nil {
		return err
	}
	defer file.Close()
	for blobs := tar.NewReader(file); ; {
		header, err := blobs.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if strings.HasPrefix(header.Name, "blobs/") {
			if err := copyLayer(w, blobs); err != nil {
				return err
			}
		}
	}
}

func copyLayer(w *tar.Writer, blob io.Reader) error {
	for layer := tar.NewReader(blob); ; {
		header, err := layer.Next()
		if err != nil {
			return nil // it is no layer, or it has ended
		}
		switch name := header.Name; {
		case name == "usr/local/bin/kube" || name == "usr/local/bin/kubelet":
		case strings.HasPrefix(name, "opt/cni/bin/") && header.Typeflag == tar.TypeReg:
		default:
			continue
		}
		if err := w.WriteHeader(header); err != nil {
			return err
		}
		if _, err := io.Copy(w, layer); err != nil {
			return err
		}
	}
}
