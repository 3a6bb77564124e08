package support

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"sync"
	"time"
)

// Item is something to collect.
type Item struct {
	// Path is the file in the archive, or the folder of several.
	Path string
	// About is a line for the index.
	About string
	// Deadline bounds it; zero means usualDeadline.
	Deadline time.Duration
	// Collect returns contents by file name below Path, "" for Path itself. What
	// it returns beside an error is kept as well.
	Collect func(ctx context.Context) (map[string][]byte, error)
}

// One makes the Collect of an item that is one file.
func One(collect func(ctx context.Context) ([]byte, error)) func(context.Context) (map[string][]byte, error) {
	return func(ctx context.Context) (map[string][]byte, error) {
		data, err := collect(ctx)
		if len(data) == 0 {
			return nil, err
		}
		return map[string][]byte{"": data}, err
	}
}

const (
	usualDeadline = 30 * time.Second
	// mostOfFile bounds a file: of a longer one, the end is kept, which logs
	// have their last words at.
	mostOfFile = 2 << 20
)

// Collection is what was collected, redacted.
type Collection struct {
	// Files are the contents by path.
	Files map[string][]byte
	// Errors are what could not be had, a line each.
	Errors []string
	// Redacted counts what was taken out, by kind.
	Redacted map[string]int
	// About are the lines of the index, by path.
	About map[string]string
}

// Collect carries out lanes of items: lanes side by side, the items of each one
// after the other. All are, whatever becomes of any one. heard, which may be
// nil, is told when an item begins.
func Collect(ctx context.Context, lanes [][]Item, redactor *Redactor, heard func(path string)) *Collection {
	c := &Collection{Files: map[string][]byte{}, Redacted: map[string]int{}, About: map[string]string{}}
	var mu sync.Mutex
	var all sync.WaitGroup
	for _, lane := range lanes {
		all.Go(func() {
			for _, item := range lane {
				if heard != nil {
					heard(item.Path)
				}
				files, err := item.collect(ctx)
				clean := map[string][]byte{}
				counts := map[string]int{}
				for name, data := range files {
					text, found := redactor.Redact(bounded(data))
					clean[path.Join(item.Path, name)] = []byte(text)
					for what, n := range found {
						counts[what] += n
					}
				}
				mu.Lock()
				c.take(item, clean, counts, err, redactor)
				mu.Unlock()
			}
		})
	}
	all.Wait()
	slices.Sort(c.Errors)
	return c
}

func (c *Collection) take(item Item, files map[string][]byte, counts map[string]int, err error, redactor *Redactor) {
	maps.Copy(c.Files, files)
	for what, n := range counts {
		c.Redacted[what] += n
	}
	if len(files) > 0 {
		c.About[item.Path] = item.About
	}
	if err != nil {
		text, _ := redactor.Redact(strings.Join(strings.Fields(err.Error()), " "))
		c.Errors = append(c.Errors, item.Path+": "+text)
	}
}

// collect gives up an item at its deadline, also one that knows no context.
func (i Item) collect(ctx context.Context) (map[string][]byte, error) {
	deadline := i.Deadline
	if deadline == 0 {
		deadline = usualDeadline
	}
	ctx, cancel := context.WithTimeout(ctx, deadline)
	defer cancel()
	type answer struct {
		files map[string][]byte
		err   error
	}
	done := make(chan answer, 1)
	go func() {
		defer func() {
			if crash := recover(); crash != nil {
				done <- answer{err: fmt.Errorf("collecting it broke: %v", crash)}
			}
		}()
		files, err := i.Collect(ctx)
		done <- answer{files, err}
	}()
	select {
	case got := <-done:
		return got.files, got.err
	case <-ctx.Done():
	}
	select {
	case got := <-done:
		return got.files, errors.Join(got.err, ctx.Err())
	case <-time.After(5 * time.Second): // to return what it has
		return nil, fmt.Errorf("nothing within %s: %w", deadline, ctx.Err())
	}
}

// bounded is the end of a text that is too long.
func bounded(data []byte) string {
	if len(data) <= mostOfFile {
		return string(data)
	}
	return fmt.Sprintf("(the first %d bytes are left out)\n", len(data)-mostOfFile) + string(data[len(data)-mostOfFile:])
}

// Write packs the collection below a folder of the archive, with an index and
// what could not be had.
func (c *Collection) Write(to io.Writer, folder string, now time.Time, words string) error {
	files := maps.Clone(c.Files)
	files["README.md"] = []byte(c.index(words))
	if len(c.Errors) > 0 {
		files["errors.txt"] = []byte(strings.Join(c.Errors, "\n") + "\n")
	}
	compressed := gzip.NewWriter(to)
	w := tar.NewWriter(compressed)
	for _, name := range slices.Sorted(maps.Keys(files)) {
		header := &tar.Header{Typeflag: tar.TypeReg, Name: path.Join(folder, name), Mode: 0o600, Size: int64(len(files[name])), ModTime: now.Truncate(time.Second)}
		if err := w.WriteHeader(header); err != nil {
			return fmt.Errorf("packing %q: %w", name, err)
		}
		if _, err := w.Write(files[name]); err != nil {
			return fmt.Errorf("packing %q: %w", name, err)
		}
	}
	return errors.Join(w.Close(), compressed.Close())
}

// index is the archive's README.
func (c *Collection) index(words string) string {
	var b strings.Builder
	b.WriteString(words)
	b.WriteString("\n| file or folder | what it is |\n|---|---|\n")
	for _, name := range slices.Sorted(maps.Keys(c.About)) {
		fmt.Fprintf(&b, "| `%s` | %s |\n", name, c.About[name])
	}
	if len(c.Errors) > 0 {
		fmt.Fprintf(&b, "| `errors.txt` | what could not be had, and why: %d lines |\n", len(c.Errors))
	}
	b.WriteString("\n## What was taken out\n\n")
	if len(c.Redacted) == 0 {
		b.WriteString("Nothing in these files looked like a secret.\n")
	}
	for _, what := range slices.Sorted(maps.Keys(c.Redacted)) {
		fmt.Fprintf(&b, "- %s: %d times\n", what, c.Redacted[what])
	}
	return b.String()
}
