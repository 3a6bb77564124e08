package aws

import (
	"context"
	"errors"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/config"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestIdentity_SaysWhoAndWhere(t *testing.T) {
	cluster, api := testCluster(nil), healthyAPI()
	connect := func(context.Context, *config.Cluster) (API, error) { return api, nil }
	who, err := api.Who(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	got, err := New(WithAPI(connect)).Identity(t.Context(), cluster)
	if want := who + ", region us-east-2"; err != nil || who == "" || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
}

func TestIdentity_SaysHowToLogIn(t *testing.T) {
	silent := healthyAPI()
	silent.errors = map[string]error{"Who": errors.New("expired")}
	for name, connect := range map[string]func(context.Context, *config.Cluster) (API, error){
		"no credentials":      func(context.Context, *config.Cluster) (API, error) { return nil, errors.New("none") },
		"expired credentials": func(context.Context, *config.Cluster) (API, error) { return silent, nil },
	} {
		var advised *target.Advised
		if _, err := New(WithAPI(connect)).Identity(t.Context(), testCluster(nil)); !errors.As(err, &advised) || advised.Fix == "" {
			t.Errorf("%s: got %v", name, err)
		}
	}
}
