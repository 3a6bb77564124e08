package kube

import (
	"fmt"
	"net/http"
	"time"
)

// telling tells of every request once it is answered: what was asked, how that
// ended, and how long it took. Headers and bodies, which hold secrets, are not
// told.
type telling struct {
	next http.RoundTripper
	tell func(string)
}

// RoundTrip makes the request.
func (t telling) RoundTrip(request *http.Request) (*http.Response, error) {
	began := time.Now()
	response, err := t.next.RoundTrip(request)
	ended := "no answer"
	switch {
	case err != nil:
		ended = err.Error()
	case response != nil:
		ended = response.Status
	}
	t.tell(fmt.Sprintf("%s %s: %s in %s", request.Method, request.URL.Redacted(), ended, time.Since(began).Round(time.Millisecond)))
	return response, err
}

// WrappedRoundTripper is what client-go looks through to cancel requests.
func (t telling) WrappedRoundTripper() http.RoundTripper { return t.next }
