package gcp

import (
	"fmt"
	"io"
	"net/http"
	"strings"
	"time"
)

// attempts is how often a question is asked that gets no answer.
const attempts = 4

// retrying asks again what the cloud was too busy to answer. It is for
// questions only: they carry nothing and change nothing.
type retrying struct {
	base  http.RoundTripper
	pause time.Duration // before the second attempt; it doubles
}

func (r *retrying) RoundTrip(request *http.Request) (*http.Response, error) {
	pause := r.pause
	for n := 1; ; n++ {
		response, err := r.base.RoundTrip(request)
		if n == attempts || request.Body != nil && request.Body != http.NoBody || !busy(response, err) {
			return response, err
		}
		if response != nil {
			_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<20))
			_ = response.Body.Close()
		}
		select {
		case <-request.Context().Done():
			return nil, fmt.Errorf("asking %s: %w", request.URL.Host, request.Context().Err())
		case <-time.After(pause):
			pause *= 2
		}
	}
}

func busy(response *http.Response, err error) bool {
	return err != nil || response.StatusCode == http.StatusTooManyRequests || response.StatusCode >= http.StatusInternalServerError
}

// billing names the project that a person's calls to Service Usage count for:
// without it that API refuses the credentials of a login.
type billing struct {
	base    http.RoundTripper
	project string
}

func (b *billing) RoundTrip(request *http.Request) (*http.Response, error) {
	if b.project != "" && strings.HasPrefix(request.URL.Host, "serviceusage.") {
		request = request.Clone(request.Context())
		request.Header.Set("X-Goog-User-Project", b.project)
	}
	return b.base.RoundTrip(request)
}
