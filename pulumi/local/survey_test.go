package local

import (
	"errors"
	"strings"
	"testing"

	"github.com/docker/docker/api/types/system"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/doctor"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

func TestSurvey_NamesEverythingHostsShare(t *testing.T) {
	got := map[string]doctor.State{}
	for _, s := range testTarget(newFake()).Survey(t.Context(), target.Inputs{Cluster: demo()}) {
		got[s.Name] = s.State
	}
	for _, name := range []string{"docker", "storage", "cgroups", "processors", "memory", "docker's disk", "inotify"} {
		if _, found := got[name]; !found {
			t.Errorf("nothing is said of %s: %v", name, got)
		}
	}
	if got["docker's disk"] != doctor.OK {
		t.Errorf("a terabyte of room is %s", got["docker's disk"])
	}
}

func TestSurvey_SaysThatDockerIsDown(t *testing.T) {
	docker := newFake()
	docker.down = errors.New("connection refused")
	got := testTarget(docker).Survey(t.Context(), target.Inputs{Cluster: demo()})
	if len(got) != 1 || got[0].State != doctor.Failed || !strings.Contains(got[0].Detail, "connection refused") || got[0].Fix == "" {
		t.Errorf("got %+v", got)
	}
}

func TestSurvey_JudgesWhatDockerSays(t *testing.T) {
	in := target.Inputs{Cluster: demo()}
	t.Run("storage", func(t *testing.T) {
		for driver, want := range map[string]doctor.State{"overlay2": doctor.OK, "vfs": doctor.Warning, "": doctor.Unknown} {
			if got := storage(system.Info{Driver: driver}); got[0].State != want {
				t.Errorf("%q: got %+v", driver, got)
			}
		}
	})
	t.Run("cgroups", func(t *testing.T) {
		for version, want := range map[string]doctor.State{"2": doctor.OK, "1": doctor.Warning} {
			if got := cgroups(system.Info{CgroupVersion: version}); got[0].State != want {
				t.Errorf("%q: got %+v", version, got)
			}
		}
	})
	t.Run("processors", func(t *testing.T) {
		for n, want := range map[int]doctor.State{1: doctor.Warning, 2: doctor.OK} {
			if got := processors(system.Info{NCPU: n}); got[0].State != want {
				t.Errorf("%d: got %+v", n, got)
			}
		}
	})
	t.Run("memory", func(t *testing.T) {
		// One control plane and two workers take 2 GiB.
		for total, want := range map[int64]doctor.State{gigabyte: doctor.Warning, 2 * gigabyte: doctor.OK} {
			if got := memory(system.Info{MemTotal: total}, in, false, false); got[0].State != want {
				t.Errorf("%d: got %+v", total, got)
			}
		}
	})
	t.Run("another architecture", func(t *testing.T) {
		if got := testTarget(newFake()).engine(system.Info{Architecture: "riscv64"}); got[0].State != doctor.Warning {
			t.Errorf("got %+v", got)
		}
	})
}

func TestSurvey_ReadsTheKernelsLimits(t *testing.T) {
	read := func(watches, instances string) func(string) []byte {
		return func(path string) []byte {
			if strings.HasSuffix(path, "watches") {
				return []byte(watches)
			}
			return []byte(instances)
		}
	}
	for _, test := range []struct {
		watches, instances string
		want               doctor.State
	}{{"524288\n", "512\n", doctor.OK}, {"524288\n", "128\n", doctor.Warning}, {"", "", doctor.Unknown}} {
		if got := inotify(read(test.watches, test.instances)); got[0].State != test.want {
			t.Errorf("%+v: got %+v", test, got)
		}
	}
	free, known := available(func(string) []byte { return []byte("MemTotal: 9 kB\nMemAvailable:   2048 kB\n") })
	if !known || free != 2<<20 {
		t.Errorf("got %d, %t", free, known)
	}
}
