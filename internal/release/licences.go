package release

import (
	"bytes"
	"cmp"
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
)

// Judge says under which licences modules are passed on, one verdict for each,
// by the texts that they come with. The clone at a path is what is released.
type Judge func(ctx context.Context, repo string, modules []Module) ([]Licensed, error)

// Module is the source of one that is linked.
type Module struct {
	Path    string `json:"path"`
	Version string `json:"version"`
	// Folder is where its files lie.
	Folder string `json:"folder"`
	// Top tells that what is below the folder is not of the module.
	Top bool `json:"top,omitempty"`
}

// Licensed is a verdict.
type Licensed struct {
	// Licence is an SPDX expression.
	Licence string `json:"licence"`
	// Texts go with every copy: licences, grants and notices.
	Texts []Text `json:"texts"`
	// Refused says why it may not be passed on.
	Refused []string `json:"refused"`
}

// Text is a file of a module, below its folder, with slashes.
type Text struct {
	File   string `json:"file"`
	SHA256 string `json:"sha256"`
}

// judgeByTool asks the program that the tests ask, of the clone itself: what
// it knows of licences is of the commit that is released.
func judgeByTool(ctx context.Context, repo string, modules []Module) ([]Licensed, error) {
	var questions bytes.Buffer
	lines := json.NewEncoder(&questions)
	for _, m := range modules {
		if err := lines.Encode(m); err != nil {
			return nil, err
		}
	}
	const tool = "hack/tools"
	// It answers in full, and then fails where one is refused.
	out, failed := runGo(ctx, filepath.Join(repo, tool), &questions, "run", "./licences")
	var all []Licensed
	refused := 0
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var l Licensed
		err := d.Decode(&l)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("reading what %s/licences says: %w", tool, err)
		}
		all, refused = append(all, l), refused+len(l.Refused)
	}
	if len(all) != len(modules) || (failed == nil) != (refused == 0) {
		return nil, errors.Join(fmt.Errorf("asking %s/licences about %d modules: it says something of %d, and refuses %d texts", tool, len(modules), len(all), refused), failed)
	}
	return all, nil
}

// runGo runs go for this machine, whatever is built for another.
func runGo(ctx context.Context, dir string, in io.Reader, args ...string) ([]byte, error) {
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir, cmd.Stdin = dir, in
	// Sums are compared here, with those that programs have of what they link.
	cmd.Env = append(os.Environ(), "GOOS=", "GOARCH=", "GOWORK=off", "CGO_ENABLED=0", "GOSUMDB=off", "GOFLAGS=-trimpath -buildvcs=false")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return out.Bytes(), fmt.Errorf("running go %s: %w\n%s", args[0], err, strings.TrimSpace(said.String()))
	}
	return out.Bytes(), nil
}

// linked is a module with its verdict.
type linked struct {
	Module
	Licensed
}

// licensed finds out what the modules of a bill may be passed on under, each
// module once. It is an error that one may not.
func (r *run) licensed(ctx context.Context, b bill) ([]linked, error) {
	var parts, asked []part
	for _, p := range b.merged() {
		if !strings.HasPrefix(p.PURL, "pkg:golang/") {
			continue
		}
		parts = append(parts, p)
		if _, known := r.judged[p.Ref]; !known {
			asked = append(asked, p)
		}
	}
	if err := r.judge(ctx, asked); err != nil {
		return nil, err
	}
	var all []linked
	for _, p := range parts {
		all = append(all, r.judged[p.Ref])
	}
	return all, nil
}

// judge has parts judged, and keeps what is said of them.
func (r *run) judge(ctx context.Context, parts []part) error {
	if len(parts) == 0 {
		return nil
	}
	modules, err := r.modules(ctx, parts)
	if err != nil {
		return fmt.Errorf("finding the licences of what is linked: %w", err)
	}
	judge := r.Licences
	if judge == nil {
		judge = judgeByTool
	}
	verdicts, err := judge(ctx, r.source.dir, modules)
	if err != nil {
		return fmt.Errorf("judging the licences of what is linked: %w", err)
	}
	var refused []error
	for i, v := range verdicts {
		for _, why := range v.Refused {
			refused = append(refused, fmt.Errorf("%s %s may not be passed on: %s", modules[i].Path, modules[i].Version, why))
		}
		r.judged[parts[i].Ref] = linked{modules[i], v}
		if modules[i].Folder == r.source.dir {
			r.licence = v.Licence
		}
	}
	return errors.Join(refused...)
}

// modules finds the source of parts: of our own the clone's, of Go's library
// that of the Go that builds, and of the others what they were linked from.
func (r *run) modules(ctx context.Context, parts []part) ([]Module, error) {
	own, err := runGo(ctx, r.source.dir, nil, "list", "-m")
	if err != nil {
		return nil, err
	}
	library, err := runGo(ctx, r.source.dir, nil, "env", "GOROOT")
	if err != nil {
		return nil, err
	}
	home := strings.TrimSpace(string(own))
	var all []Module
	var fetched []part
	for _, p := range parts {
		m := Module{Path: p.Name, Version: p.Version}
		switch {
		case p.Name == "std":
			m.Folder, m.Top = strings.TrimSpace(string(library)), true
		case strings.HasPrefix(p.Name+"/", home+"/"):
			m.Folder, m.Top = r.source.dir, true
		default:
			fetched = append(fetched, p)
		}
		all = append(all, m)
	}
	folders, err := r.fetch(ctx, fetched)
	for i := range all {
		all[i].Folder = cmp.Or(all[i].Folder, folders[parts[i].Ref])
	}
	return all, err
}

// fetch finds modules in Go's cache, or fetches them into it. Their sums must
// be those that the programs name.
func (r *run) fetch(ctx context.Context, parts []part) (map[string]string, error) {
	folders, sums := map[string]string{}, map[string]string{}
	if len(parts) == 0 {
		return folders, nil
	}
	args := []string{"mod", "download", "-json"}
	for _, p := range parts {
		if len(p.Hashes) == 0 {
			return nil, fmt.Errorf("%s %s is linked from a folder, not from a module that others can have: its texts are not known", p.Name, p.Version)
		}
		args, sums[p.Ref] = append(args, p.Ref), p.Hashes[0].Content
	}
	// A module of no name, so that nothing is written into ours.
	dir := filepath.Join(r.scratch, "modules")
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(dir, "go.mod"), []byte("module none\n"), 0o644); err != nil {
		return nil, err
	}
	// What is wrong with a module is said with the others, on its output.
	out, failed := runGo(ctx, dir, nil, args...)
	for d := json.NewDecoder(bytes.NewReader(out)); ; {
		var m struct{ Path, Version, Dir, Sum, Error string }
		if err := d.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return nil, errors.Join(fmt.Errorf("reading where modules lie: %w", err), failed)
		}
		ref := m.Path + "@" + m.Version
		if m.Error != "" {
			return nil, fmt.Errorf("fetching %s: %s", ref, m.Error)
		}
		if digest, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(m.Sum, "h1:")); err != nil || hex.EncodeToString(digest) != sums[ref] {
			return nil, fmt.Errorf("%s has the sum %s, which is not that of what is linked", ref, m.Sum)
		}
		folders[ref] = m.Dir
	}
	if failed != nil || len(folders) != len(sums) {
		return nil, errors.Join(fmt.Errorf("there are %d modules, and %d are linked", len(folders), len(sums)), failed)
	}
	return folders, nil
}
