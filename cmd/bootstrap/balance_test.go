package main

import (
	"context"
	"errors"
	"io"
	"path/filepath"
	"testing"
	"time"
)

func TestBalance_RefusesALineThatMeansNothing(t *testing.T) {
	for _, args := range [][]string{
		{"balance"},
		{"balance", "--backend", "a:6443", "--learn", "pair.pem"},
		{"balance", "--backend", "a:6443", "--listen", "nowhere", "--learn", "pair.pem", "--authority", "main.go"},
		{"balance", "--backend", "a:6443", "more"},
	} {
		if err := run(t.Context(), args, nil, io.Discard, io.Discard); !errors.Is(err, errUsage) {
			t.Errorf("%v: got %v", args, err)
		}
	}
	missing := filepath.Join(t.TempDir(), "ca.crt")
	if err := run(t.Context(), []string{"balance", "--backend", "a:6443", "--authority", missing}, nil, io.Discard, io.Discard); err == nil || errors.Is(err, errUsage) {
		t.Errorf("without its authority's file: got %v", err)
	}
}

func TestBalance_EndsWithoutAnErrorWhenItIsToldTo(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := run(ctx, []string{"balance", "--listen", "127.0.0.1:0", "--backend", "127.0.0.1:1"}, nil, io.Discard, io.Discard); err != nil {
		t.Error(err)
	}
}

func TestThroughItself_IsWhereClientsConnect(t *testing.T) {
	for listen, want := range map[string]string{
		"127.0.0.1:6444": "127.0.0.1:6444", ":6443": "127.0.0.1:6443", "0.0.0.0:6443": "127.0.0.1:6443", "10.0.0.5:6443": "10.0.0.5:6443",
	} {
		if got, err := throughItself(listen); got != want || err != nil {
			t.Errorf("%s: got %s, %v", listen, got, err)
		}
	}
}
