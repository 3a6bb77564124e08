package doctor

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode/utf8"
)

func check(id string, needs []string, run func(context.Context) []Result) Check {
	group, name, _ := strings.Cut(id, "/")
	return Check{Group: group, Name: name, Needs: needs, Run: run}
}

func always(results []Result) func(context.Context) []Result {
	return func(context.Context) []Result { return results }
}

func TestRun_KeepsTheOrderWhateverIsQuick(t *testing.T) {
	slow := func(context.Context) []Result { time.Sleep(50 * time.Millisecond); return Well("slow") }
	heard := []string{}
	results, err := Run(t.Context(), []Check{
		check("a/1", nil, slow), check("a/2", nil, always(Well("quick"))), check("b/3", nil, always(nil)),
	}, func(r []Result) { heard = append(heard, r[0].Group+"/"+r[0].Check) })
	if err != nil || len(results) != 3 {
		t.Fatalf("got %+v, %v", results, err)
	}
	if want := []string{"a/1", "a/2", "b/3"}; !slices.Equal(heard, want) {
		t.Errorf("heard %q, want %q", heard, want)
	}
	if results[2].State != OK {
		t.Errorf("no result at all is %s", results[2].State)
	}
}

func TestRun_SkipsWhatNeedsWhatFailedAndGoesOn(t *testing.T) {
	ran := false
	touch := func(context.Context) []Result { ran = true; return nil }
	results, err := Run(t.Context(), []Check{
		check("api/ready", nil, always(Fail("connection refused", "start it"))),
		check("nodes/ready", []string{"api/ready"}, touch),
		check("network/dns", []string{"nodes/ready"}, touch),
		check("machine/disk", nil, always(Warn("little", ""))),
		check("machine/more", []string{"machine/disk"}, always(Well("a warning stops nobody"))),
		check("x/y", []string{"not/there"}, always(Well(""))),
	}, nil)
	if err != nil || ran {
		t.Fatalf("ran what it could not: %t, %v", ran, err)
	}
	var got []string
	for _, r := range results {
		got = append(got, string(r.State)+" "+r.Detail)
	}
	want := []string{"failed connection refused", "skipped api: ready failed", "skipped api: ready failed", "warning little", "ok a warning stops nobody", "ok "}
	if !slices.Equal(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

func TestRun_EndsAtADeadlineAndOutlivesACrash(t *testing.T) {
	late := check("a/late", nil, func(ctx context.Context) []Result { <-ctx.Done(); return Fail("still asking", "") })
	late.Deadline = 10 * time.Millisecond
	results, err := Run(t.Context(), []Check{
		late,
		check("a/broken", nil, func(context.Context) []Result { panic("at the disco") }),
		check("a/fine", nil, always(nil)),
	}, nil)
	if err != nil || results[0].State != Failed || results[1].State != Unknown || !strings.Contains(results[1].Detail, "at the disco") || results[2].State != OK {
		t.Errorf("got %+v, %v", results, err)
	}
}

func TestRun_EndsWhenInterrupted(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	var tidied atomic.Bool
	results, err := Run(ctx, []Check{
		check("a/1", nil, func(ctx context.Context) []Result { cancel(); <-ctx.Done(); tidied.Store(true); return nil }),
		check("a/2", []string{"a/1"}, func(context.Context) []Result { t.Error("began after the interrupt"); return nil }),
	}, nil)
	if !errors.Is(err, context.Canceled) || !tidied.Load() || len(results) != 2 {
		t.Errorf("got %+v, %v, tidied %t", results, err, tidied.Load())
	}
}

func TestPrinter_FitsNarrowTerminals(t *testing.T) {
	results := []Result{
		{Group: "machine", Check: "kubectl", State: OK, Detail: "v1.37.1, within one minor of v1.37.1"},
		{Group: "machine", Check: "proxy", State: Warning, Detail: strings.Repeat("a word ", 30), Fix: "export NO_PROXY=" + strings.Repeat("10.0.0.0/8 ", 12)},
		{Group: "nodes", Check: "ready", Subject: "a-workers-1", State: Failed, Detail: "not ready:\n  it is\tsilent", Fix: "kubectl anywhere create a"},
		{Group: "nodes", Check: "clocks", State: Skipped, Detail: "api: ready failed"},
		{Group: "nodes", Check: "requests", State: Unknown, Detail: "no answer"},
	}
	for _, signs := range []bool{true, false} {
		var out bytes.Buffer
		p := NewPrinter(&out, signs)
		for _, r := range results {
			p.Print([]Result{r})
		}
		report := &Report{Results: results}
		report.Count()
		if err := p.Summary(report); err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(out.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > 80 {
				t.Errorf("%d columns: %s", n, line)
			}
		}
		for _, want := range []string{"Machine\n", "a-workers-1: not ready: it is silent", "fix: kubectl anywhere create a", "1 ok, 1 warning, 1 failed, 1 skipped, 1 unknown"} {
			if !strings.Contains(out.String(), want) {
				t.Errorf("signs %t: %q is not in\n%s", signs, want, out.String())
			}
		}
		if strings.Contains(out.String(), "✗") != signs || strings.Contains(out.String(), "FAILED") == signs {
			t.Errorf("signs %t: got\n%s", signs, out.String())
		}
	}
	report := &Report{Results: results}
	if !report.Failed() || (&Report{Results: results[:2]}).Failed() {
		t.Error("only what failed fails a report")
	}
}

func TestKubectl_MayBeOneMinorAway(t *testing.T) {
	for client, want := range map[string]State{"v1.36.9": OK, "v1.37.1": OK, "v1.38.0-rc.1": OK, "v1.35.4": Warning, "v1.39.0": Warning, "v2.37.0": Warning, "what": Unknown} {
		if got := Kubectl(client, "v1.37.1")[0]; got.State != want {
			t.Errorf("%s: %+v", client, got)
		}
	}
}

func TestKubelet_IsNeverNewerAndAtMostThreeMinorsOlder(t *testing.T) {
	for kubelet, wrong := range map[string]bool{"v1.37.1": false, "v1.34.4": false, "v1.33.0": true, "v1.38.0": true} {
		if got := Kubelet(kubelet, "v1.37.1"); (got != "") != wrong {
			t.Errorf("%s: %q", kubelet, got)
		}
	}
}

func TestProxy_NamesWhatNoProxyLacks(t *testing.T) {
	for _, test := range []struct {
		proxy, except string
		want          State
		fix           string
	}{
		{"", "", OK, ""},
		{"http://p:3128", "10.0.0.0/8,api.example", OK, ""},
		{"http://p:3128", "10.240.0.0/24, .example", OK, ""},
		{"http://p:3128", "*", OK, ""},
		{"http://p:3128", "10.240.0.0/25,api.example", Warning, "export NO_PROXY=10.240.0.0/25,api.example,10.240.0.0/24"},
		{"http://p:3128", "", Warning, "export NO_PROXY=10.240.0.0/24,api.example"},
	} {
		getenv := func(name string) string {
			return map[string]string{"https_proxy": test.proxy, "NO_PROXY": test.except}[name]
		}
		got := Proxy(getenv, []string{"10.240.0.0/24", "api.example", "127.0.0.1"})[0]
		if got.State != test.want || got.Fix != test.fix {
			t.Errorf("%+v: got %+v", test, got)
		}
	}
}

func TestRoom_AndOtherLimits(t *testing.T) {
	const mega = 1 << 20
	for _, test := range []struct {
		got  []Result
		want State
	}{
		{Room("/", 50*mega), Failed}, {Room("/", 500*mega), Warning}, {Room("/", 5000*mega), OK},
		{Inotify(524288, 512), OK}, {Inotify(8192, 512), Warning}, {Inotify(524288, 128), Warning},
		{Clock("x", 0), OK}, {Clock("x", -4*time.Second), OK}, {Clock("x", time.Minute), Warning}, {Clock("x", -time.Hour), Failed},
	} {
		if test.got[0].State != test.want {
			t.Errorf("want %s, got %+v", test.want, test.got)
		}
	}
}

func TestExisting_FindsTheFolderThatIsThere(t *testing.T) {
	folder := t.TempDir()
	if got := Existing(folder + "/not/yet"); got != folder {
		t.Errorf("got %q", got)
	}
	if free, known := FreeBytes(folder); known && free == 0 || !Writable(folder) {
		t.Errorf("a folder for tests has %d bytes, writable %t", free, Writable(folder))
	}
}
