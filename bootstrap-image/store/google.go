package store

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"regexp"
	"strconv"

	"cloud.google.com/go/compute/metadata"
)

var googleName = regexp.MustCompile(`^projects/[^/]+/secrets/[A-Za-z0-9_-]{1,255}$`)

// google reads the latest version of a secret of Secret Manager, by one REST
// call, with the token of the machine's service account.
func (s Stores) google(name string) (Source, error) {
	if !googleName.MatchString(name) {
		return nil, errors.New("it is not of the form projects/PROJECT/secrets/NAME")
	}
	return func(ctx context.Context) ([]byte, error) {
		token, err := s.googleToken(ctx)
		if err != nil {
			return nil, fmt.Errorf("asking the metadata service for a token of the machine's service account: %w", err)
		}
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, "https://secretmanager.googleapis.com/v1/"+name+"/versions/latest:access", nil)
		if err != nil {
			return nil, err
		}
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := s.Client.Do(request)
		if err != nil {
			return nil, fmt.Errorf("reading the secret %q: %w", name, err)
		}
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(io.LimitReader(response.Body, largest))
		if err != nil {
			return nil, fmt.Errorf("reading the secret %q: %w", name, err)
		}
		return googleAnswer(name, response.StatusCode, body)
	}, nil
}

func (s Stores) googleToken(ctx context.Context) (string, error) {
	answer, err := metadata.NewClient(s.Client).GetWithContext(ctx, "instance/service-accounts/default/token")
	if err != nil {
		return "", err
	}
	var token struct {
		AccessToken string `json:"access_token"`
	}
	if err := json.Unmarshal([]byte(answer), &token); err != nil || token.AccessToken == "" {
		return "", errors.New("it answered something else")
	}
	return token.AccessToken, nil
}

// googleAnswer is the secret in an answer, or what the answer says instead.
func googleAnswer(name string, status int, body []byte) ([]byte, error) {
	var answer struct {
		Payload struct {
			Data   []byte `json:"data"`
			CRC32C string `json:"dataCrc32c"`
		} `json:"payload"`
		Error struct {
			Status  string `json:"status"`
			Message string `json:"message"`
		} `json:"error"`
	}
	err := json.Unmarshal(body, &answer)
	if status != http.StatusOK {
		hint := ""
		if status == http.StatusForbidden {
			hint = "; the machine's service account needs roles/secretmanager.secretAccessor on it"
		}
		return nil, fmt.Errorf("reading the secret %q: %d %s %s%s", name, status, answer.Error.Status, answer.Error.Message, hint)
	}
	if err != nil {
		return nil, fmt.Errorf("reading the secret %q: %w", name, err)
	}
	sum := crc32.Checksum(answer.Payload.Data, crc32.MakeTable(crc32.Castagnoli))
	if answer.Payload.CRC32C != "" && answer.Payload.CRC32C != strconv.FormatUint(uint64(sum), 10) {
		return nil, fmt.Errorf("reading the secret %q: it was damaged on its way", name)
	}
	return answer.Payload.Data, nil
}
