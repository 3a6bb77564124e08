package baremetal

import (
	"errors"
	"strings"
	"testing"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestSurvey_TellsOfEachHostThatAnswersOrIsSilent(t *testing.T) {
	cluster := demo(3)
	w := newWorld(addresses(cluster)...)
	w.hosts["10.240.0.11"].silent = true
	w.hosts["10.240.0.12"].refusal = errors.New("its key is not known") // of which Preflight tells
	got := w.target().Survey(t.Context(), target.Inputs{Cluster: cluster})
	if len(got) != 3 {
		t.Fatalf("got %+v", got)
	}
	if s := got[0]; s.State != doctor.OK || !strings.Contains(s.Detail, "docker") {
		t.Errorf("got %+v", s)
	}
	if s := got[2]; s.Name != "demo-10-240-0-11" || s.State != doctor.Warning || !strings.Contains(s.Detail, "no answer") || !strings.HasPrefix(s.Fix, "ssh ") {
		t.Errorf("got %+v", s)
	}
}
