package main

import (
	"slices"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
)

func TestOptions_StandBeforeTheCommandInAnyOrder(t *testing.T) {
	var o images.BuildOptions
	rest := options(&o, []string{"--with", "agnhost,cilium", "--arch", "arm64", "--with", "kube-router", "images"})
	if want := []string{"agnhost", "cilium", "kube-router"}; o.Arch != "arm64" || !slices.Equal(o.With, want) || !slices.Equal(rest, []string{"images"}) {
		t.Errorf("read %+v, and %q is left", o, rest)
	}
	if rest := options(&o, []string{"parts", "folder"}); !slices.Equal(rest, []string{"parts", "folder"}) {
		t.Errorf("of a command without options %q is left", rest)
	}
}
