package gcp

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"

	"google.golang.org/api/googleapi"
)

// mostTested is how many permissions one question may name
// (https://cloud.google.com/resource-manager/reference/rest/v1/projects/testIamPermissions).
const mostTested = 100

// Missing asks Resource Manager, one method of which is not worth its library.
// Anybody may ask for themselves.
func (c *client) Missing(ctx context.Context, permissions []string) ([]string, error) {
	var missing []string
	for some := range slices.Chunk(permissions, mostTested) {
		held, err := c.held(ctx, some)
		if err != nil {
			return nil, err
		}
		for _, permission := range some {
			if !slices.Contains(held, permission) {
				missing = append(missing, permission)
			}
		}
	}
	return missing, nil
}

// held are those of the permissions that whoever asks has.
func (c *client) held(ctx context.Context, permissions []string) ([]string, error) {
	question, err := json.Marshal(map[string][]string{"permissions": permissions})
	if err != nil {
		return nil, err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, c.projects+"/v1/projects/"+c.project+":testIamPermissions", bytes.NewReader(question))
	if err != nil {
		return nil, err
	}
	request.Header.Set("Content-Type", "application/json")
	response, err := c.http.Do(request)
	if err != nil {
		return nil, fault(err)
	}
	defer response.Body.Close()
	if err := googleapi.CheckResponse(response); err != nil {
		return nil, fault(err)
	}
	var answer struct {
		Permissions []string `json:"permissions"`
	}
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return nil, fmt.Errorf("reading which permissions there are: %w", err)
	}
	return answer.Permissions, nil
}
