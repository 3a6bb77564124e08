package azure

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore/runtime"
)

// rightsVersion is that of the API that tells the caller's permissions
// (https://learn.microsoft.com/rest/api/authorization/permissions).
const rightsVersion = "2022-04-01"

// held are permissions as a role gives them: what it has, but for what it has
// not.
type held struct{ Actions, NotActions []string }

// Missing asks Azure which permissions the caller has at a scope.
func (c *client) Missing(ctx context.Context, scope string, actions []string) ([]string, error) {
	var all []held
	next := runtime.JoinPaths(c.arm.Endpoint(), scope+"/providers/Microsoft.Authorization/permissions") + "?api-version=" + rightsVersion
	for next != "" {
		var page struct {
			Value    []held
			NextLink string
		}
		if err := c.read(ctx, next, &page); err != nil {
			return nil, err
		}
		all, next = append(all, page.Value...), c.ours(page.NextLink)
	}
	return missing(all, actions), nil
}

// ours is a link that goes where the credentials may go, or none.
func (c *client) ours(link string) string {
	there, err := url.Parse(link)
	here, hereErr := url.Parse(c.arm.Endpoint())
	if err != nil || hereErr != nil || there.Host != here.Host || there.Scheme != here.Scheme {
		return ""
	}
	return link
}

// read gets an address and reads the answer.
func (c *client) read(ctx context.Context, address string, into any) error {
	request, err := runtime.NewRequest(ctx, http.MethodGet, address)
	if err != nil {
		return err
	}
	response, err := c.arm.Pipeline().Do(request)
	if err != nil {
		return fault(err)
	}
	if !runtime.HasStatusCode(response, http.StatusOK) {
		return fault(runtime.NewResponseError(response))
	}
	return runtime.UnmarshalAsJSON(response, into)
}

// missing are those of the actions that no role gives. What one role leaves
// out, another may give.
func missing(all []held, actions []string) []string {
	var lacking []string
	for _, action := range actions {
		allowed := false
		for _, role := range all {
			allowed = allowed || matches(role.Actions, action) && !matches(role.NotActions, action)
		}
		if !allowed {
			lacking = append(lacking, action)
		}
	}
	return lacking
}

// matches tells whether an action is among some, in which an asterisk stands
// for anything; capitals do not count.
func matches(patterns []string, action string) bool {
	for _, pattern := range patterns {
		form := strings.ReplaceAll(regexp.QuoteMeta(pattern), `\*`, ".*")
		if found, err := regexp.MatchString("(?i)^"+form+"$", action); err == nil && found {
			return true
		}
	}
	return false
}
