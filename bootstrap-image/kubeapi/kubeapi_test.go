package kubeapi

import (
	"encoding/pem"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func newServer(t *testing.T, handle http.HandlerFunc) Client {
	t.Helper()
	server := httptest.NewTLSServer(handle)
	t.Cleanup(server.Close)
	return WithToken(server.URL, "abcdef.0123456789abcdef", pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: server.Certificate().Raw}))
}

func TestCall_TellsTheServersWord(t *testing.T) {
	c := newServer(t, func(out http.ResponseWriter, _ *http.Request) {
		out.WriteHeader(http.StatusForbidden)
		_, _ = io.WriteString(out, `{"kind": "Status", "message": "you may not"}`)
	})
	err := c.Call(t.Context(), http.MethodGet, "/x", nil, nil)
	if Code(err) != http.StatusForbidden || !strings.Contains(err.Error(), "GET /x: 403 Forbidden: you may not") || errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestCall_SendsTheTokenAndPatches(t *testing.T) {
	var got []string
	c := newServer(t, func(out http.ResponseWriter, in *http.Request) {
		body, _ := io.ReadAll(in.Body)
		got = append(got, strings.Join([]string{in.Method, in.Header.Get("Authorization"), in.Header.Get("Content-Type"), string(body)}, "|"))
		_, _ = io.WriteString(out, `{"a": 2}`)
	})
	var out struct{ A int }
	for _, method := range []string{http.MethodPost, http.MethodPatch} {
		if err := c.Call(t.Context(), method, "/x", map[string]int{"a": 1}, &out); err != nil || out.A != 2 {
			t.Fatal(out, err)
		}
	}
	want := `POST|Bearer abcdef.0123456789abcdef|application/json|{"a":1} PATCH|Bearer abcdef.0123456789abcdef|application/merge-patch+json|{"a":1}`
	if strings.Join(got, " ") != want {
		t.Errorf("sent %q", got)
	}
}

func TestCall_TellsWhatIsNotThere(t *testing.T) {
	c := newServer(t, http.NotFound)
	if err := c.Call(t.Context(), http.MethodGet, "/x", nil, nil); !errors.Is(err, ErrNotFound) {
		t.Errorf("got %v", err)
	}
}

func TestWithToken_SendsNoTokenToAServerItCannotVerify(t *testing.T) {
	asked := false
	c := newServer(t, func(http.ResponseWriter, *http.Request) { asked = true })
	if err := WithToken(c.URL, c.Token, nil).Call(t.Context(), http.MethodGet, "/x", nil, nil); err == nil || asked {
		t.Errorf("it was asked: %v, %v", asked, err)
	}
}
