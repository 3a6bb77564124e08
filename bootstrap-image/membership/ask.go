package membership

import (
	"cmp"
	"context"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/kubeapi"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// ask gets an object, and waits while the answer is one of those that may yet
// change.
func (j *joining) ask(ctx context.Context, what, path string, into any, transient ...int) error {
	end := time.Now().Add(j.Patience)
	said := false
	for {
		err := j.api.Call(ctx, http.MethodGet, path, nil, into)
		if err == nil {
			return nil
		}
		code := kubeapi.Code(err)
		if code == http.StatusUnauthorized {
			id, _, _ := strings.Cut(j.Token, ".")
			return fmt.Errorf("showing the token %s to the API at %s: it does not know it, or its time is up (the API tells neither from the other); "+
				"make a new line with 'token create' on a control plane, where 'token list' shows which there are", id, j.address)
		}
		err = fmt.Errorf("asking the API at %s %s: %w", j.address, what, err)
		if !slices.Contains(transient, code) || time.Now().After(end) {
			return err
		}
		if !said {
			say(j.Host.Log, "%s", node.WaitingLine(fmt.Sprintf("the API at %s %s, as its addon-manager lets it (now: %s)", j.address, what, http.StatusText(code))))
			said = true
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: %w", err, ctx.Err())
		case <-time.After(cmp.Or(5*j.Host.Pause, time.Second)):
		}
	}
}
