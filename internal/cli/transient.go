package cli

import (
	"errors"
	"io"
	"net"
	"net/http"

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

func transient(err error) bool {
	var status apierrors.APIStatus
	if errors.As(err, &status) {
		code := status.Status().Code
		return code == http.StatusTooManyRequests || code >= http.StatusInternalServerError
	}
	var network net.Error
	return errors.As(err, &network) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF)
}
