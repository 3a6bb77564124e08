package host

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
)

// appliedPath says what the files of the last apply were like, so that it can
// be told later whether somebody changed one.
const appliedPath = stateFolder + "/applied.json"

// applied is what the last apply wrote, by digest: of a key, no more than that
// is kept.
type applied struct {
	Version int           `json:"version"`
	Files   []appliedFile `json:"files"`
}

const appliedVersion = 1

// appliedFile is a file, or a link where Link says where it leads.
type appliedFile struct {
	Path   string `json:"path"`
	Mode   int    `json:"mode,omitempty"`
	SHA256 string `json:"sha256,omitempty"`
	Link   string `json:"link,omitempty"`
}

// kubeletKeys is where a kubelet replaces what an apply once wrote.
const kubeletKeys = "/var/lib/kubelet/pki/"

// keepApplied records what the files of this apply are like. It comes after
// they were written: until then, what an earlier one wrote is what is there.
func (r *run) keepApplied(context.Context) error {
	out := applied{Version: appliedVersion}
	for _, file := range r.config.Storage.Files {
		content, err := node.Content(file)
		if err != nil {
			return err
		}
		out.add(appliedFile{Path: file.Path, Mode: *file.Mode, SHA256: digest(content)})
	}
	for _, unit := range r.config.Systemd.Units {
		out.add(appliedFile{Path: unitsFolder + unit.Name, Mode: 0o644, SHA256: digest([]byte(*unit.Contents))})
	}
	for _, link := range r.config.Storage.Links {
		out.add(appliedFile{Path: link.Path, Link: *link.Target})
	}
	slices.SortFunc(out.Files, func(a, b appliedFile) int { return strings.Compare(a.Path, b.Path) })
	document, err := json.MarshalIndent(out, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding what was applied: %w", err)
	}
	document = append(document, '\n')
	if r.has(appliedPath, 0o600, document) {
		return nil
	}
	return r.root.write(appliedPath, 0o600, document)
}

func (a *applied) add(file appliedFile) {
	if !strings.HasPrefix(file.Path, kubeletKeys) {
		a.Files = append(a.Files, file)
	}
}

func digest(content []byte) string {
	sum := sha256.Sum256(content)
	return hex.EncodeToString(sum[:])
}

// Drift compares a host with what the last apply wrote there; it changes
// nothing.
func Drift(hostRoot, name string) (node.Drift, error) {
	root, err := openRoot(hostRoot)
	if err != nil {
		return node.Drift{}, err
	}
	defer root.close()
	out := node.Drift{Host: name, Files: []node.FileDrift{}}
	document, err := root.read(appliedPath)
	if errors.Is(err, fs.ErrNotExist) {
		return out, fmt.Errorf("comparing host %q with what was applied: no apply has recorded it; the next one does", name)
	}
	if err != nil {
		return out, fmt.Errorf("comparing host %q with what was applied: %w", name, err)
	}
	var last applied
	if err := json.Unmarshal(document, &last); err != nil {
		return out, fmt.Errorf("reading what was applied from %q: %w", appliedPath, err)
	}
	if last.Version != appliedVersion {
		return out, fmt.Errorf("reading what was applied from %q: it is of version %d, this image knows %d", appliedPath, last.Version, appliedVersion)
	}
	for _, file := range last.Files {
		out.Compared++
		if drift := file.compare(root); drift.What != "" {
			drift.Path = file.Path
			out.Files = append(out.Files, drift)
		}
	}
	return out, nil
}

// compare says what of a file differs on the host.
func (f appliedFile) compare(root root) node.FileDrift {
	if _, err := root.root.Lstat(rel(f.Path)); err != nil {
		return node.FileDrift{What: "is missing"}
	}
	if f.Link != "" {
		leads, err := root.readlink(f.Path)
		if err != nil {
			leads = "no link"
		}
		return differs("link", f.Link, leads)
	}
	// Upstream's program follows links, and so does what reads the file.
	info, err := root.stat(f.Path)
	if err != nil || !info.Mode().IsRegular() {
		return node.FileDrift{What: "is no file"}
	}
	content, err := root.read(f.Path)
	if err != nil {
		return node.FileDrift{What: "cannot be read: " + err.Error()}
	}
	if d := differs("content", f.SHA256, digest(content)); d.What != "" {
		return d
	}
	return differs("mode", fmt.Sprintf("%04o", f.Mode), fmt.Sprintf("%04o", info.Mode().Perm()))
}

func differs(what, wanted, is string) node.FileDrift {
	if wanted == is {
		return node.FileDrift{}
	}
	return node.FileDrift{What: what, Wanted: wanted, Is: is}
}
