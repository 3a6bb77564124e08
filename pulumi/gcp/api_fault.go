package gcp

import (
	"errors"
	"net/http"
	"regexp"
	"slices"

	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/live"
)

// fault says in our words why Google did not answer; other errors, such as
// those of the network, stay what they are.
func fault(err error) error {
	var answer *googleapi.Error
	var token *oauth2.RetrieveError
	switch {
	case err == nil:
		return nil
	case errors.As(err, &token):
		return &live.Fault{Reason: live.Unauthenticated, Err: err}
	case !errors.As(err, &answer):
		return err
	}
	said := answer.Message
	if said == "" {
		said = answer.Error()
	}
	f := &live.Fault{Err: errors.New(said)}
	switch answer.Code {
	case http.StatusUnauthorized:
		f.Reason = live.Unauthenticated
	case http.StatusNotFound:
		f.Reason = live.NotFound
	case http.StatusForbidden:
		f.Reason, f.Of = forbidden(answer)
	}
	return f
}

// forbidden tells a disabled API, and which, from a missing permission.
func forbidden(answer *googleapi.Error) (live.Reason, string) {
	for _, detail := range answer.Details {
		info, _ := detail.(map[string]any)
		metadata, _ := info["metadata"].(map[string]any)
		if info["reason"] == "SERVICE_DISABLED" {
			service, _ := metadata["service"].(string)
			return live.Disabled, service
		}
		if permission, ok := metadata["permission"].(string); ok {
			return live.Denied, permission
		}
	}
	if slices.ContainsFunc(answer.Errors, func(e googleapi.ErrorItem) bool { return e.Reason == "accessNotConfigured" }) {
		return live.Disabled, ""
	}
	if match := regexp.MustCompile(`'([a-z]+(?:\.[a-zA-Z]+)+)' permission|[Pp]ermission '([a-z]+(?:\.[a-zA-Z]+)+)'`).FindStringSubmatch(answer.Message); match != nil {
		return live.Denied, match[1] + match[2]
	}
	return live.Denied, ""
}
