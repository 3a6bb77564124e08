package images

import (
	"archive/tar"
	"bytes"
	"io"
	"slices"
	"strings"
	"testing"

	v1 "github.com/google/go-containerregistry/pkg/v1"
)

func TestAssemble_SharesLayersBetweenImages(t *testing.T) {
	stacks := map[string][]string{}
	for _, img := range fakeImages(t) {
		all, err := img.Layers()
		if err != nil {
			t.Fatal(err)
		}
		for _, layer := range all {
			digest, _ := layer.Digest()
			stacks[img.Component] = append(stacks[img.Component], digest.String())
		}
	}
	shared := stacks["kube-apiserver"]
	for _, other := range []string{"kube-controller-manager", "kube-scheduler", "kube-proxy"} {
		if !slices.Equal(stacks[other], shared) {
			t.Errorf("%s has layers of its own", other)
		}
	}
	if len(stacks["bootstrap"]) < 3 || !slices.Equal(stacks["bootstrap"][:2], shared) {
		t.Error("the bootstrap image does not stand on the layers of the Kubernetes images")
	}
	if stacks["flannel"][0] != shared[0] {
		t.Error("the flannel image has a base layer of its own")
	}
}

func TestBaseTree_LeavesOutManualsAndKeepsLicences(t *testing.T) {
	base, err := baseTree(fakeParts(t).base)
	if err != nil {
		t.Fatal(err)
	}
	if _, there := base["usr/share/man/man1/x.1"]; there {
		t.Error("a manual is in the base layer")
	}
	if _, there := base["usr/share/doc/x/copyright"]; !there {
		t.Error("a licence is not in the base layer")
	}
	if got := base["usr/sbin/iptables"].link; got != "xtables-nft-multi" {
		t.Errorf("iptables links to %q, want the nf_tables variant", got)
	}
	if got := string(base[certificates].data); got != "A\nB\n" {
		t.Errorf("trusted certificates are %q, want all in order", got)
	}
}

func TestLayer_DependsOnNothingButContent(t *testing.T) {
	imgs := fakeImages(t)
	layer, err := imgs[0].Layers()
	if err != nil {
		t.Fatal(err)
	}
	data, err := layer[len(layer)-1].Uncompressed()
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	var names []string
	for r := tar.NewReader(data); ; {
		header, err := r.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, strings.TrimSuffix(header.Name, "/"))
		if header.Uid != 0 || header.Gid != 0 || header.ModTime.Unix() != 0 {
			t.Errorf("%s is of user %d at %v, want root at time zero", header.Name, header.Uid, header.ModTime)
		}
	}
	want := []string{"etc", "etc/example", "usr", "usr/local", "usr/local/bin", "usr/local/bin/bootstrap"}
	if !slices.Equal(names, want) {
		t.Errorf("the layer has %q, want %q", names, want)
	}
}

func TestCoreDNS_MayListenOnPort53(t *testing.T) {
	for _, img := range fakeImages(t) {
		if img.Component != "coredns" {
			continue
		}
		config, err := img.ConfigFile()
		if err != nil {
			t.Fatal(err)
		}
		if config.Config.User == "" {
			t.Error("coredns runs as root")
		}
		if !bytes.Contains(layerBytes(t, img), []byte("SCHILY.xattr.security.capability="+netBindService)) {
			t.Error("the program has no capability to listen on port 53")
		}
	}
}

func layerBytes(t *testing.T, img v1.Image) []byte {
	t.Helper()
	layers, err := img.Layers()
	if err != nil {
		t.Fatal(err)
	}
	data, err := layers[len(layers)-1].Compressed()
	if err != nil {
		t.Fatal(err)
	}
	defer data.Close()
	all, err := io.ReadAll(data)
	if err != nil {
		t.Fatal(err)
	}
	return all
}
