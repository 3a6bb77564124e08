package host

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"syscall"
)

const (
	// recordPath says what was put on this host; 'reset' takes that away.
	recordPath = stateFolder + "/installed.json"
	// originalFolder keeps what was at a path before it was replaced.
	originalFolder = stateFolder + "/original"
)

// record is what was put on a host. It is complete before anything of it is
// done, so that a run that is killed has never done more than is written here;
// and what it once says of a path stays, so that a later run does not take
// what an earlier one wrote for the user's.
type record struct {
	Version int `json:"version"`
	// Cluster, Role and Node are whose the host is; Engine is what its units
	// run containers with.
	Cluster string `json:"cluster"`
	Role    string `json:"role"`
	Node    string `json:"node"`
	Engine  string `json:"engine"`
	Image   string `json:"image"`
	// Authorities are the SHA-256 of the certificates that were trusted last.
	Authorities []string `json:"authorities"`
	// Made are files and links that were not there before, Folders likewise.
	Made    []string `json:"made"`
	Folders []string `json:"folders"`
	// Replaced are paths that were there before.
	Replaced map[string]original `json:"replaced,omitempty"`
	Units    []string            `json:"units"`
	// Settings are those of the kernel, each with its former value.
	Settings map[string]string `json:"settings,omitempty"`
	// Before are paths and network interfaces that were there where, later on,
	// the components of a node make their own.
	Before []string `json:"before,omitempty"`
	// Images are those that containerd had for pods before.
	Images []string `json:"images,omitempty"`
}

const recordVersion = 1

// original is what was at a path: a folder, a link or a file, whose content is
// below originalFolder.
type original struct {
	Folder bool   `json:"folder,omitempty"`
	Link   string `json:"link,omitempty"`
	Mode   uint32 `json:"mode"`
	UID    int    `json:"uid"`
	GID    int    `json:"gid"`
}

// readRecord reads what was put on a host; found is false on one that no
// version that keeps a record was run on.
func readRecord(root root) (record, bool, error) {
	document, err := root.read(recordPath)
	if errors.Is(err, fs.ErrNotExist) {
		return record{Version: recordVersion}, false, nil
	}
	if err != nil {
		return record{}, false, fmt.Errorf("reading what was put on this host: %w", err)
	}
	var out record
	if err := json.Unmarshal(document, &out); err != nil {
		return record{}, false, fmt.Errorf("reading what was put on this host from %q: %w", recordPath, err)
	}
	if out.Version != recordVersion {
		return record{}, false, fmt.Errorf("reading what was put on this host from %q: it is of version %d, this image knows %d; use the image that the host was set up with", recordPath, out.Version, recordVersion)
	}
	return out, true, nil
}

func (rec record) save(root root) error {
	for _, list := range []*[]string{&rec.Made, &rec.Folders, &rec.Units, &rec.Before, &rec.Images, &rec.Authorities} {
		slices.Sort(*list)
		*list = slices.Compact(*list)
	}
	document, err := json.MarshalIndent(rec, "", "  ")
	if err != nil {
		return fmt.Errorf("encoding what was put on this host: %w", err)
	}
	document = append(document, '\n')
	if before, err := root.read(recordPath); err == nil && string(before) == string(document) {
		return nil
	}
	return root.write(recordPath, 0o600, document)
}

// knows tells whether a path was recorded before.
func (rec record) knows(name string) bool {
	_, replaced := rec.Replaced[name]
	return replaced || slices.Contains(rec.Made, name)
}

// add records a path that is about to be written, and keeps what is there.
// Where the host was set up before there were records, that is our own.
func (rec *record) add(root root, name string, ours bool) error {
	if rec.knows(name) {
		return nil
	}
	info, err := root.root.Lstat(rel(name))
	switch {
	case errors.Is(err, fs.ErrNotExist) || err == nil && ours:
		rec.Made = append(rec.Made, name)
		rec.addFolders(root, path.Dir(name))
		return nil
	case err != nil:
		return fmt.Errorf("looking at what %q is now: %w", name, err)
	}
	kept := original{Mode: uint32(info.Mode().Perm())}
	if owner, ok := info.Sys().(*syscall.Stat_t); ok {
		kept.UID, kept.GID = int(owner.Uid), int(owner.Gid)
	}
	switch {
	case info.Mode()&fs.ModeSymlink != 0:
		if kept.Link, err = root.readlink(name); err != nil {
			return fmt.Errorf("keeping the link %q: %w", name, err)
		}
	case info.IsDir():
		kept.Folder = true
	case info.Mode().IsRegular():
		content, err := root.read(name)
		if err == nil {
			err = root.write(originalFolder+name, 0o600, content)
		}
		if err != nil {
			return fmt.Errorf("keeping what %q holds: %w", name, err)
		}
	default:
		return fmt.Errorf("keeping what is at %q: it is neither a file nor a folder nor a link; move it away", name)
	}
	if rec.Replaced == nil {
		rec.Replaced = map[string]original{}
	}
	rec.Replaced[name] = kept
	return nil
}

// addFolder records a folder that is about to be made or given another mode.
func (rec *record) addFolder(root root, name string, ours bool) error {
	if slices.Contains(rec.Folders, name) {
		return nil
	}
	if root.exists(name) && !ours {
		return rec.add(root, name, false)
	}
	rec.addFolders(root, path.Dir(name))
	rec.Folders = append(rec.Folders, name)
	return nil
}

// addFolders records those of a path's folders that are not there yet.
func (rec *record) addFolders(root root, folder string) {
	for ; folder != "/" && !root.exists(folder); folder = path.Dir(folder) {
		if !slices.Contains(rec.Folders, folder) {
			rec.Folders = append(rec.Folders, folder)
		}
	}
}
