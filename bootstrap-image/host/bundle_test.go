package host

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

func read(r *run) (string, error) {
	source, err := r.source()
	if err != nil {
		return "", err
	}
	raw, err := source(context.Background())
	return string(raw), err
}

func TestSource_ReadsFilesAndStandardInputAndNothingElse(t *testing.T) {
	r, _ := newRun(t, map[string]string{"a/bundle.json": "the bundle"})
	r.Bundle = "file:///a/bundle.json"
	if got, err := read(r); err != nil || got != "the bundle" {
		t.Errorf("got %q, %v", got, err)
	}
	r.Bundle, r.Stdin = "-", strings.NewReader("piped")
	if got, err := read(r); err != nil || got != "piped" {
		t.Errorf("got %q, %v", got, err)
	}
	for _, bundle := range []string{"https://example.com/b", "/a/bundle.json", "file://host/a", "file:///none", "file:a"} {
		r.Bundle = bundle
		if _, err := read(r); err == nil {
			t.Errorf("%s was accepted", bundle)
		}
	}
}

// slowStore denies, then has an older bundle, then the right one.
type slowStore struct {
	texts []string
	asked int
}

func (s *slowStore) Open(url string) (func(context.Context) ([]byte, error), error) {
	if !strings.HasPrefix(url, "slow://") {
		return nil, errors.New("no store of that kind")
	}
	return func(context.Context) ([]byte, error) {
		text := s.texts[min(s.asked, len(s.texts)-1)]
		s.asked++
		if text == "" {
			return nil, errors.New("403: no right yet")
		}
		return []byte(text), nil
	}, nil
}

func TestReadBundle_WaitsUntilTheStoreHasTheRightOneAndSaysWhy(t *testing.T) {
	r, _ := newRun(t, nil)
	log := r.Log.(*strings.Builder)
	store := &slowStore{texts: []string{"", "", "old", "{}"}}
	r.Stores, r.Bundle, r.Patience = store, "slow://x", 10*time.Second
	r.BundleSHA256 = "44136FA355B3678A1146AD16F7E8649E94FB4FC21FE77E8310C060F61CAAFF8A" // of {}
	err := r.readBundle(t.Context())
	// It is read as it should be; that it is no bundle is another matter.
	if err == nil || !strings.Contains(err.Error(), node.APIVersion) || store.asked != 4 {
		t.Errorf("got %v after %d looks", err, store.asked)
	}
	for _, want := range []string{"waiting for the bundle slow://x: 403: no right yet", "its SHA-256 is cba06b5736faf67e54b07b561eae94395e774c517a7d910a54369e1263ccfbd4"} {
		if strings.Count(log.String(), want) != 1 {
			t.Errorf("it does not say once %q:\n%s", want, log)
		}
	}
}

func TestReadBundle_GivesUpWithTheReason(t *testing.T) {
	r, _ := newRun(t, nil)
	r.Stores, r.Bundle, r.Patience = &slowStore{texts: []string{""}}, "slow://x", 20*time.Millisecond
	err := r.readBundle(t.Context())
	if err == nil || !errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "403: no right yet") || strings.Contains(err.Error(), "on :") {
		t.Errorf("got %v", err)
	}
	r.Bundle = "other://x"
	if err := r.readBundle(t.Context()); err == nil || errors.Is(err, context.DeadlineExceeded) || !strings.Contains(err.Error(), "no store of that kind") {
		t.Errorf("got %v: what no store knows is no reason to wait", err)
	}
}

func TestReadBundle_DoesNotWaitForAFileOfAnotherDigest(t *testing.T) {
	r, _ := newRun(t, map[string]string{"b": "{}"})
	r.Bundle, r.BundleSHA256, r.Patience = "file:///b", strings.Repeat("0", 64), time.Hour
	if err := r.readBundle(t.Context()); err == nil || !strings.Contains(err.Error(), "SHA-256") {
		t.Errorf("got %v", err)
	}
}

// fakeMetadata answers at the second question.
type fakeMetadata struct{ asked int }

func (f *fakeMetadata) Instance(_ context.Context, cloud string) (node.Instance, error) {
	f.asked++
	if f.asked == 1 {
		return node.Instance{}, errors.New("connection refused")
	}
	return node.Instance{Name: "demo-workers-x1", ProviderID: cloud + "://demo-workers-x1"}, nil
}

func TestIdentify_AsksTheCloudWhoTheHostIs(t *testing.T) {
	r, _ := newRun(t, map[string]string{"proc/1/status": "CapBnd:\t000001ffffffffff\n"})
	r.Metadata, r.Patience, r.bundle.Cloud = &fakeMetadata{}, 10*time.Second, node.GCP
	if err := errors.Join(r.readFacts(t.Context()), r.identify(t.Context())); err != nil {
		t.Fatal(err)
	}
	if r.self.Name != "demo-workers-x1" || r.facts.Instance.ProviderID != "gcp://demo-workers-x1" {
		t.Errorf("it is %+v, %+v", r.self, r.facts.Instance)
	}
	if log := r.Log.(*strings.Builder).String(); !strings.Contains(log, "which machine this is: connection refused") {
		t.Errorf("it does not say why it waits:\n%s", log)
	}
	r.Metadata = nil
	if err := r.identify(t.Context()); err == nil {
		t.Error("a host of a cloud was made a node without asking the cloud")
	}
}
