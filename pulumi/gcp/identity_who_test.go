package gcp

import (
	"context"
	"errors"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestIdentity_SaysWhoAndWhere(t *testing.T) {
	cluster := testCluster(nil)
	connect := func(context.Context, *config.Cluster) (API, error) { return healthyAPI(), nil }
	got, err := New(WithAPI(connect)).Identity(t.Context(), cluster)
	if want := "robot@demo.iam.gserviceaccount.com, project " + block(cluster).Project + ", region us-central1"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestIdentity_SaysHowToLogIn(t *testing.T) {
	connect := func(context.Context, *config.Cluster) (API, error) { return nil, errors.New("no credentials") }
	var advised *target.Advised
	if _, err := New(WithAPI(connect)).Identity(t.Context(), testCluster(nil)); !errors.As(err, &advised) || advised.Fix == "" {
		t.Errorf("got %v", err)
	}
}
