package main

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
)

// kind is what a file is by its name.
type kind int

const (
	other kind = iota
	// notice names people, and goes with every copy.
	notice
	// licence is judged.
	licence
)

// found is a file of a module, with slashes.
type found struct {
	file string
	kind kind
}

// kindOf tells by its name what a file is. What it says is judged elsewhere.
func kindOf(file string) kind {
	name := strings.ToUpper(path.Base(file))
	// Code that is about licences is no licence.
	if slices.Contains([]string{".GO", ".S", ".C", ".H", ".SH", ".PY", ".JS", ".TS", ".JSON", ".YML", ".YAML", ".TOML", ".TMPL", ".HTML"}, path.Ext(name)) {
		return other
	}
	for prefix, k := range map[string]kind{
		"LICENSE": licence, "LICENCE": licence, "COPYING": licence, "UNLICENSE": licence, "UNLICENCE": licence,
		"PATENTS": licence, "NOTICE": notice, "COPYRIGHT": notice,
	} {
		if strings.HasPrefix(name, prefix) {
			return k
		}
	}
	// What https://reuse.software/spec/ has, such as LICENSES/MIT.txt.
	if path.Base(path.Dir(file)) == "LICENSES" && path.Ext(name) == ".TXT" {
		return licence
	}
	return other
}

// find lists the files of a module that are to be read, by name: those at its
// top, and those that came into folders below with others' code.
func (j *judge) find(m module) ([]found, error) {
	var files []found
	err := filepath.WalkDir(m.Folder, func(at string, entry fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		name, err := filepath.Rel(m.Folder, at)
		if err != nil {
			return err
		}
		name = filepath.ToSlash(name)
		if entry.IsDir() {
			if name != "." && (m.Top || unlinked(entry.Name())) {
				return fs.SkipDir
			}
			return nil
		}
		k := kindOf(name)
		if j.readElsewhere(m, name) {
			k = licence
		}
		if k != other && entry.Type().IsRegular() {
			files = append(files, found{name, k})
		}
		return nil
	})
	return files, err
}

// unlinked tells whether nothing of a folder can be linked by who requires the
// module.
func unlinked(folder string) bool {
	return folder == "testdata" || folder == "vendor" || folder == "node_modules" ||
		strings.HasPrefix(folder, ".") || strings.HasPrefix(folder, "_")
}
