package azure

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// Azure's words for a right that is missing and a provider that is not
// registered.
var (
	action    = regexp.MustCompile(`perform action '([^']+)'`)
	namespace = regexp.MustCompile(`namespace '([^']+)'`)
)

// fault says in our words why Azure did not answer; other errors, such as
// those of the network, stay what they are.
func fault(err error) error {
	var answer *azcore.ResponseError
	var login *azidentity.AuthenticationFailedError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &login):
		return &live.Fault{Reason: live.Unauthenticated, Err: errors.New(firstLine(err.Error()))}
	case !errors.As(err, &answer):
		return err
	}
	said := message(answer)
	f := &live.Fault{Err: fmt.Errorf("%s (%s)", said, answer.ErrorCode)}
	switch {
	case answer.ErrorCode == "MissingSubscriptionRegistration":
		f.Reason, f.Of = live.Disabled, first(namespace, said)
	case answer.StatusCode == http.StatusUnauthorized:
		f.Reason = live.Unauthenticated
	case answer.StatusCode == http.StatusForbidden:
		f.Reason, f.Of = live.Denied, first(action, said)
	case answer.StatusCode == http.StatusNotFound:
		f.Reason = live.NotFound
	}
	return f
}

// message is what Azure says to people, without the request around it.
func message(answer *azcore.ResponseError) string {
	var body struct {
		Error struct {
			Message string `json:"message"`
		} `json:"error"`
	}
	if answer.RawResponse != nil {
		if data, err := runtime.Payload(answer.RawResponse); err == nil && json.Unmarshal(data, &body) == nil && body.Error.Message != "" {
			return strings.TrimSpace(body.Error.Message)
		}
	}
	return http.StatusText(answer.StatusCode)
}

func first(form *regexp.Regexp, text string) string {
	if match := form.FindStringSubmatch(text); match != nil {
		return match[1]
	}
	return ""
}
