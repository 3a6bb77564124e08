package baremetal

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"strings"
)

// reach is the way to a host: what the config says of it with all that it
// inherits. It is kept in the state, so that a host can be found again when
// the config does not name it any more.
type reach struct {
	Address     string `json:"address"`
	Port        int    `json:"port"`
	User        string `json:"user"`
	Key         string `json:"key,omitempty"`
	Agent       bool   `json:"agent,omitempty"`
	Fingerprint string `json:"fingerprint,omitempty"`
	KnownHosts  string `json:"knownHosts"`
	Jump        *reach `json:"jump,omitempty"`
}

// String is the reach as the state keeps it.
func (r reach) String() string {
	data, err := json.Marshal(r)
	if err != nil {
		panic(err) // strings, numbers and their like always marshal
	}
	return string(data)
}

// readReach reads what String wrote.
func readReach(text string) (reach, error) {
	var r reach
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		return reach{}, fmt.Errorf("reading how the host is reached: %w; the state was written by another version", err)
	}
	return r, nil
}

func (r reach) hostPort() string { return net.JoinHostPort(r.Address, strconv.Itoa(r.Port)) }

// command is what a user types to try the same way.
func (r reach) command() string {
	words := []string{"ssh"}
	if r.Port != defaultPort {
		words = append(words, "-p", strconv.Itoa(r.Port))
	}
	if r.Key != "" {
		words = append(words, "-i", r.Key)
	}
	if r.Jump != nil {
		words = append(words, "-J", r.Jump.User+"@"+r.Jump.hostPort())
	}
	words = append(words, r.User+"@"+r.Address)
	if r.User != defaultUser {
		return strings.Join(append(words, "sudo", "-n", "true"), " ")
	}
	return strings.Join(append(words, "true"), " ")
}

// expand puts the home folder in place of a leading ~.
func expand(path string) (string, error) {
	rest, found := strings.CutPrefix(path, "~/")
	if !found {
		return path, nil
	}
	home, err := os.UserHomeDir()
	if err != nil {
		return "", fmt.Errorf("finding the home folder of %q: %w", path, err)
	}
	return filepath.Join(home, rest), nil
}

// quote makes one word of a shell's command line.
func quote(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

func quoteAll(words []string) string {
	quoted := make([]string, len(words))
	for i, word := range words {
		quoted[i] = quote(word)
	}
	return strings.Join(quoted, " ")
}
