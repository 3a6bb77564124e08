package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"time"

	"github.com/blang/semver"
	"github.com/pulumi/pulumi/sdk/v3/go/common/apitype"
	"github.com/pulumi/pulumi/sdk/v3/go/common/util/archive"
	"github.com/pulumi/pulumi/sdk/v3/go/common/workspace"
)

// Plugin is a published provider: a program that the engine starts.
type Plugin struct {
	// Name is the provider's: gcp.
	Name string
	// Version is without its v: 7.38.0.
	Version string
	// Source is the URL of a folder with archives named
	// pulumi-resource-NAME-vVERSION-OS-ARCH.tar.gz; empty means where Pulumi
	// publishes them.
	Source string
}

// String is the plugin in words: gcp v7.38.0.
func (p Plugin) String() string { return p.Name + " v" + p.Version }

// program is the file that the engine starts.
func (p Plugin) program() string {
	name := "pulumi-resource-" + p.Name
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return name
}

// Folder is the plugin's own in a folder of plugins, named as Pulumi names it,
// so that it can be shared with the stock program.
func (p Plugin) Folder() string { return "resource-" + p.Name + "-v" + p.Version }

// find is where the plugin is in a folder of plugins: in its own folder, or
// simply there, as somebody without the stock program would put it.
func (p Plugin) find(plugins string) (string, bool) {
	for _, path := range []string{filepath.Join(plugins, p.Folder(), p.program()), filepath.Join(plugins, p.program())} {
		if info, err := os.Stat(path); err == nil && info.Mode().IsRegular() {
			return path, true
		}
	}
	return "", false
}

// MissingPlugin is an error: a plugin is not in the folder of plugins.
type MissingPlugin struct {
	Plugin Plugin
	Folder string
}

func (e *MissingPlugin) Error() string {
	return fmt.Sprintf("provider plugin %s is not in %q", e.Plugin, e.Folder)
}

// PluginProgram is the path of a plugin's program in a folder of plugins, or a
// MissingPlugin. A program that lies in a folder by itself is found there, too.
func PluginProgram(folder string, p Plugin) (string, error) {
	path, found := p.find(folder)
	if !found {
		return "", &MissingPlugin{p, folder}
	}
	return path, nil
}

// CheckPlugins tells which plugins a folder lacks.
func CheckPlugins(folder string, plugins []Plugin) error {
	var missing []error
	for _, p := range plugins {
		if _, err := PluginProgram(folder, p); err != nil {
			missing = append(missing, err)
		}
	}
	return errors.Join(missing...)
}

// FetchPlugins downloads the plugins that a folder lacks, one after the other,
// and tells of each how many bytes have come; size is 0 where the server does
// not say. A download that is cut off leaves nothing behind.
func FetchPlugins(ctx context.Context, folder string, plugins []Plugin, progress func(p Plugin, received, size int64)) error {
	for _, p := range plugins {
		if _, found := p.find(folder); found {
			continue
		}
		if err := p.fetch(ctx, folder, progress); err != nil {
			return fmt.Errorf("fetching provider plugin %s: %w", p, err)
		}
	}
	return nil
}

func (p Plugin) fetch(ctx context.Context, folder string, progress func(Plugin, int64, int64)) error {
	version, err := semver.Parse(p.Version)
	if err != nil {
		return fmt.Errorf("reading its version: %w", err)
	}
	descriptor := workspace.PluginDescriptor{Name: p.Name, Kind: apitype.ResourcePlugin, Version: &version, PluginDownloadURL: p.Source}
	watch := func(stream io.ReadCloser, size int64) io.ReadCloser {
		return &watched{ReadCloser: stream, tell: func(received int64) { progress(p, received, max(size, 0)) }}
	}
	var last error
	file, err := workspace.DownloadToFile(ctx, descriptor, watch, func(err error, _, _ int, _ time.Duration) { last = err })
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil && last != nil:
		// The error only says how often it was tried.
		return fmt.Errorf("%w: %w", err, last)
	case err != nil:
		return err
	}
	defer os.Remove(file.Name())
	defer file.Close()
	return p.unpack(file, folder)
}

// unpack puts an archive's content in place in one go.
func (p Plugin) unpack(content io.Reader, folder string) error {
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	fresh, err := os.MkdirTemp(folder, "."+p.Folder()+"-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(fresh)
	if err := archive.ExtractTGZ(content, fresh); err != nil {
		return fmt.Errorf("unpacking it: %w", err)
	}
	if _, err := os.Stat(filepath.Join(fresh, p.program())); err != nil {
		return fmt.Errorf("unpacking it: the archive holds no %s", p.program())
	}
	own := filepath.Join(folder, p.Folder())
	// What is there lacks the program, or it would have been found.
	if err := os.RemoveAll(own); err != nil {
		return err
	}
	err = os.Rename(fresh, own)
	if errors.Is(err, fs.ErrExist) {
		return nil // another run was faster
	}
	return err
}

// watched is a stream that tells how much was read of it.
type watched struct {
	io.ReadCloser
	received int64
	tell     func(int64)
}

func (w *watched) Read(buffer []byte) (int, error) {
	n, err := w.ReadCloser.Read(buffer)
	w.received += int64(n)
	w.tell(w.received)
	return n, err
}

// usePlugins makes the engine find the plugins that are there, where it looks
// for them: in its own home. It never downloads one by itself: that is a stage
// that users see.
func usePlugins(home, folder string, plugins []Plugin) error {
	if len(plugins) == 0 {
		return nil
	}
	for name, value := range map[string]string{
		"PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
		// A plugin of any version on the path would be taken for the pinned one.
		"PULUMI_IGNORE_AMBIENT_PLUGINS": "true",
	} {
		if err := os.Setenv(name, value); err != nil {
			return fmt.Errorf("setting %s: %w", name, err)
		}
	}
	for _, p := range plugins {
		path, found := p.find(folder)
		if !found {
			continue // the operation that needs it says so
		}
		if err := link(path, filepath.Join(home, "plugins", p.Folder(), p.program())); err != nil {
			return fmt.Errorf("giving plugin %s to the engine: %w", p, err)
		}
	}
	return nil
}

// link makes a name for a file, or makes it the name of another file.
func link(file, name string) error {
	file, err := filepath.Abs(file)
	if err != nil {
		return err
	}
	if now, err := os.Readlink(name); err == nil && now == file {
		return nil
	}
	if err := os.MkdirAll(filepath.Dir(name), 0o700); err != nil {
		return err
	}
	if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Symlink(file, name)
}
