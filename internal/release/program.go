package release

import (
	"bytes"
	"context"
	"debug/buildinfo"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"time"
)

// Platform is an operating system and an architecture, as Go calls them.
type Platform struct {
	OS, Arch string
}

// String is linux/amd64.
func (p Platform) String() string { return p.OS + "/" + p.Arch }

// Platforms are those that the plugin is released for.
func Platforms() []Platform {
	return []Platform{{"linux", "amd64"}, {"linux", "arm64"}, {"darwin", "amd64"}, {"darwin", "arm64"}, {"windows", "amd64"}}
}

// ParsePlatform reads linux/amd64.
func ParsePlatform(text string) (Platform, error) {
	system, arch, ok := strings.Cut(text, "/")
	if !ok || system == "" || arch == "" {
		return Platform{}, fmt.Errorf("reading the platform %q: give one such as linux/amd64", text)
	}
	return Platform{system, arch}, nil
}

// file is the name of a program's file.
func (p Platform) file(program string) string {
	if p.OS == "windows" {
		return program + ".exe"
	}
	return program
}

// archive is the name of a program's archive.
func (p Platform) archive(program, version string) string {
	suffix := ".tar.gz"
	if p.OS == "windows" {
		suffix = ".zip"
	}
	return strings.Join([]string{program, version, p.OS, p.Arch}, "_") + suffix
}

// buildFlags are what the program is built with: nothing of the path, no
// tables for debuggers, and the version from the tag.
func buildFlags() []string {
	return []string{"-trimpath", "-buildvcs=true", "-mod=readonly", "-ldflags", "-s -w"}
}

// buildEnv is what of the environment changes what is built, on a platform;
// the builder's own choices are not asked.
func buildEnv(p Platform) []string {
	return []string{
		"GOOS=" + p.OS, "GOARCH=" + p.Arch, "CGO_ENABLED=0", "GOFLAGS=", "GOWORK=off", "GOEXPERIMENT=",
		"GOAMD64=v1", "GOARM64=v8.0", "GOFIPS140=off",
	}
}

// programs builds and packs the program for every platform.
func (r *run) programs(ctx context.Context) error {
	for _, p := range r.Platforms {
		started := time.Now()
		path := filepath.Join(r.scratch, p.OS+"-"+p.Arch, p.file(r.Program))
		info, err := r.build(ctx, p, path)
		if err != nil {
			return err
		}
		r.say("  built for %s in %d s", p, int(time.Since(started).Seconds()))
		if err := r.packProgram(ctx, p, path, info); err != nil {
			return err
		}
		if err := os.RemoveAll(filepath.Dir(path)); err != nil {
			return err
		}
	}
	return nil
}

// packProgram puts a program into its archive, with the licences of all that
// is in it.
func (r *run) packProgram(ctx context.Context, p Platform, path string, info *debug.BuildInfo) error {
	inside := billOf(info)
	modules, err := r.licensed(ctx, append(slices.Clone(inside), module(&info.Main)))
	if err != nil {
		return err
	}
	text, err := thirdParty(fmt.Sprintf("%s %s for %s", r.Program, r.Version, p), r.notOwn(modules))
	if err != nil {
		return err
	}
	licences := filepath.Join(filepath.Dir(path), LicencesFile)
	if err := os.WriteFile(licences, text, 0o644); err != nil {
		return err
	}
	name := p.archive(r.Program, r.Version)
	files := []packed{
		{p.file(r.Program), path, 0o755}, {"LICENSE", filepath.Join(r.source.dir, "LICENSE"), 0o644}, {LicencesFile, licences, 0o644},
	}
	if err := pack(r.at(name), r.source.time, files); err != nil {
		return fmt.Errorf("packing %s: %w", name, err)
	}
	return r.keep(Artefact{Name: name, Platform: p, bill: inside})
}

// build builds the program, and looks whether it is what is released.
func (r *run) build(ctx context.Context, p Platform, path string) (*debug.BuildInfo, error) {
	args := append(append([]string{"build"}, buildFlags()...), "-o", path, r.Package)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = r.source.dir
	cmd.Env = append(os.Environ(), buildEnv(p)...)
	cmd.Env = append(cmd.Env, "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1")
	// An interrupt lets go end the linker, and remove what it has half written.
	cmd.Cancel, cmd.WaitDelay = func() error { return cmd.Process.Signal(os.Interrupt) }, 10*time.Second
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("building for %s: %w\n%s", p, err, strings.TrimSpace(said.String()))
	}
	info, err := buildinfo.ReadFile(path)
	if err != nil {
		return nil, fmt.Errorf("reading what was built for %s: %w", p, err)
	}
	if info.Main.Version != r.Version {
		return nil, fmt.Errorf("the program for %s says that it is %q, not %s: a major version above 1 needs it at the end of the module's path", p, info.Main.Version, r.Version)
	}
	for _, s := range info.Settings {
		if (s.Key == "vcs.revision" && s.Value != r.source.commit) || (s.Key == "vcs.modified" && s.Value != "false") {
			return nil, fmt.Errorf("the program for %s has %s=%s: it is not that of commit %s", p, s.Key, s.Value, r.source.commit)
		}
	}
	return info, nil
}
