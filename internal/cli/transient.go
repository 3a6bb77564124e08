package cli

import (
	"errors"
	"io"
	"net"
	"net/http"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
)

// retry is for phase.Poll: an API that is not there for a moment, as while
// its certificates are renewed or its leader changes, is something to wait
// for; any other error is the end.
func (c *creation) retry(err error) (subject, reason string, failure error) {
	if transient(err) {
		return c.out.Endpoint, err.Error(), nil
	}
	return "", "", err
}

// tooLate is in the error of a client that may not ask again before the time is
// over (golang.org/x/time/rate, which has no value for it). Nothing is wrong
// then but that it is: the wait itself ends with the error that says so.
const tooLate = "would exceed context deadline"

func transient(err error) bool {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		code := status.Status().Code
		return code == http.StatusTooManyRequests || code >= http.StatusInternalServerError
	}
	if strings.Contains(err.Error(), tooLate) {
		return true
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
