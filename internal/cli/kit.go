package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/airgap"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// kitPlugins is the folder of plugins in a kit.
const kitPlugins = "plugins"

// kitFlags say where all that a cluster is made of comes from.
type kitFlags struct{ Bundle string }

func (f *kitFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Bundle, "bundle", "", "`File` of 'images bundle --out' to take images and plugins from; nothing is downloaded then")
}

// supply has a session take them from there, if that was said.
func (f *kitFlags) supply(ctx context.Context, s *session) error {
	if f.Bundle == "" {
		return nil
	}
	return s.useKit(ctx, f.Bundle)
}

// packKit packs the archives of images, and whatever else this cluster takes
// from elsewhere, into the file at path.
func (s *session) packKit(ctx context.Context, report phase.Reporter, bundle *images.Bundle, path string) error {
	sources := []airgap.Source{
		{Name: "images.tar", What: airgap.Images, Path: bundle.Path},
		{Name: "bootstrap.tar", What: airgap.Bootstrap, Path: bundle.BootstrapPath},
	}
	plugins, err := s.pluginSources(ctx, report)
	if err != nil {
		return err
	}
	sources = append(sources, plugins...)
	if carried, ok := s.target.(target.Carried); ok {
		// Beside the kit, where there is room for as much.
		host, err := os.CreateTemp(filepath.Dir(path), ".host-image-")
		if err != nil {
			return fmt.Errorf("packing the kit: %w", err)
		}
		defer os.Remove(host.Name())
		if err := errors.Join(host.Close(), carried.SaveHostImage(ctx, s.cluster, host.Name())); err != nil {
			return err
		}
		sources = append(sources, airgap.Source{Name: "host-image.tar", What: airgap.HostImage, Path: host.Name()})
	}
	m := &airgap.Manifest{
		Cluster: s.cluster.Metadata.Name, Target: s.target.Name(),
		KubernetesVersion: bundle.KubernetesVersion, Arch: runtime.GOARCH,
	}
	return airgap.Pack(ctx, path, m, sources, func(p airgap.Part) { report.Wait(p.Name, fmt.Sprintf("%d MB to be packed", p.Size/1_000_000)) })
}

// pluginSources are the programs of the target's plugins, fetched if need be.
func (s *session) pluginSources(ctx context.Context, report phase.Reporter) ([]airgap.Source, error) {
	plugins := s.plugins()
	if len(plugins) == 0 {
		return nil, nil
	}
	if err := s.fetchPlugins(ctx, report); err != nil {
		return nil, err
	}
	folder, err := s.pluginDir()
	if err != nil {
		return nil, err
	}
	var all []airgap.Source
	for _, p := range plugins {
		program, err := engine.PluginProgram(folder, p)
		if err != nil {
			return nil, err
		}
		all = append(all, airgap.Source{Name: path.Join(kitPlugins, p.Folder(), filepath.Base(program)), What: airgap.Plugin, Path: program})
	}
	return all, nil
}

// useKit takes all that the cluster is made of out of the kit at a path, and
// nothing from elsewhere. An archive of images alone is taken as one.
func (s *session) useKit(ctx context.Context, path string) error {
	path, err := filepath.Abs(path)
	if err != nil {
		return fmt.Errorf("finding the kit: %w", err)
	}
	m, err := airgap.Read(path)
	switch {
	case errors.Is(err, airgap.ErrNoKit):
		archive, err := images.OpenArchive(path)
		if err != nil {
			return &usageError{fmt.Errorf("--bundle %s: it is neither a kit nor an archive of images (%w); make one with 'kubectl anywhere images bundle --out FILE'", path, err)}
		}
		s.cluster.Spec.Images.Bundle = path
		return archive.Close()
	case err != nil:
		return &usageError{fmt.Errorf("--bundle: %w; make one with 'kubectl anywhere images bundle --out FILE'", err)}
	case m.Target != s.target.Name() || m.KubernetesVersion != s.cluster.Spec.KubernetesVersion || m.Arch != runtime.GOARCH:
		return &usageError{fmt.Errorf("--bundle %s: it was made for target %s, Kubernetes %s and %s, and this cluster is for %s, %s and %s; make another with 'kubectl anywhere images bundle --out FILE'",
			path, m.Target, m.KubernetesVersion, m.Arch, s.target.Name(), s.cluster.Spec.KubernetesVersion, runtime.GOARCH)}
	}
	unpack := func(ctx context.Context, report phase.Reporter) error {
		cache, err := images.CacheDir()
		if err != nil {
			return err
		}
		kit, err := airgap.Unpack(ctx, path, filepath.Join(cache, "kits"), func(p airgap.Part) { report.Wait(p.Name, fmt.Sprintf("%d MB to be unpacked", p.Size/1_000_000)) })
		if err != nil {
			return err
		}
		s.cluster.Spec.Images.Bundle = kit.Path(airgap.Images)
		if err := s.keepPlugins(kit, cache); err != nil {
			return err
		}
		carried, ok := s.target.(target.Carried)
		if host := kit.Path(airgap.HostImage); ok && host != "" {
			report.Wait("the image of hosts", "Docker to load it")
			return carried.LoadHostImage(ctx, s.cluster, host)
		}
		return nil
	}
	return phase.Run(ctx, []phase.Phase{{Title: "Unpacking what the cluster is made of", Run: unpack}}, s.progress())
}

// keepPlugins gives the cache the plugins of a kit, for commands that are not
// told of it. This one takes them from the kit: what is missing there is not
// looked for elsewhere.
func (s *session) keepPlugins(kit *airgap.Kit, cache string) error {
	if len(s.plugins()) == 0 {
		return nil
	}
	s.givenPlugins = filepath.Join(kit.Dir, kitPlugins)
	for _, part := range kit.Parts {
		if part.What != airgap.Plugin {
			continue
		}
		name := filepath.FromSlash(part.Name)
		if err := os.MkdirAll(filepath.Join(cache, filepath.Dir(name)), 0o700); err != nil {
			return fmt.Errorf("keeping the plugin of the kit: %w", err)
		}
		if err := os.Link(filepath.Join(kit.Dir, name), filepath.Join(cache, name)); err != nil && !errors.Is(err, fs.ErrExist) {
			return fmt.Errorf("keeping the plugin of the kit: %w", err)
		}
	}
	return nil
}
