package render

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// AnyHost is the name of facts that hold for whatever host has none of its own.
const AnyHost = ""

// ReadFacts reads the facts of real hosts, as 'bootstrap facts' prints them,
// for Options: from a file, for any host, or from a folder that has a file
// control-plane.json, or one called after a pool, for each host that it knows.
func ReadFacts(name string, pools []string) (map[string]node.Facts, error) {
	info, err := os.Stat(name)
	if err != nil {
		return nil, fmt.Errorf("reading facts: %w", err)
	}
	if !info.IsDir() {
		facts, err := readFacts(name)
		return map[string]node.Facts{AnyHost: facts}, err
	}
	files, err := filepath.Glob(filepath.Join(name, "*.json"))
	if err != nil {
		return nil, fmt.Errorf("reading facts: %w", err)
	}
	known := append([]string{node.ControlPlane}, pools...)
	out := map[string]node.Facts{}
	for _, file := range files {
		of := strings.TrimSuffix(filepath.Base(file), ".json")
		if !slices.Contains(known, of) {
			return nil, fmt.Errorf("reading facts: %q is of no host of this cluster; there are %s", file, strings.Join(known, ", "))
		}
		if out[of], err = readFacts(file); err != nil {
			return nil, err
		}
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("reading facts: %q has no file of %s.json", name, strings.Join(known, ".json, "))
	}
	return out, nil
}

// readFacts is strict: a file of something else would be a host of nothing.
func readFacts(name string) (node.Facts, error) {
	var facts node.Facts
	document, err := os.ReadFile(name)
	if err != nil {
		return facts, fmt.Errorf("reading facts: %w", err)
	}
	decoder := json.NewDecoder(bytes.NewReader(document))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&facts); err != nil {
		return facts, fmt.Errorf("reading facts %q: %w; write what 'bootstrap facts' printed on the host", name, err)
	}
	if facts.OS == "" || facts.CgroupVersion == 0 {
		return facts, fmt.Errorf("reading facts %q: os or cgroupVersion is missing; write what 'bootstrap facts' printed on the host", name)
	}
	return facts, nil
}
