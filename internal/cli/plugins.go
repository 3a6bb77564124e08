package cli

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/images"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/phase"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// pluginFlags say where the plugins of published providers are.
type pluginFlags struct{ Dir string }

func (f *pluginFlags) addFlags(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.Dir, "plugin-dir", "", "`Folder` with the target's provider plugin; nothing is downloaded then (default a folder of the cache)")
}

// fetchTimeout ends a download that hangs: plugins have up to 200 MB.
const fetchTimeout = 30 * time.Minute

// plugins are those that the target's program needs: none on this machine.
func (s *session) plugins() []engine.Plugin {
	published, ok := s.target.(target.Published)
	if !ok {
		return nil
	}
	var all []engine.Plugin
	for _, p := range published.Plugins() {
		all = append(all, engine.Plugin{Name: p.Name, Version: p.Version, Source: s.env.Getenv(pluginSourceVariable)})
	}
	return all
}

// pluginSourceVariable names a mirror of the plugins: the URL of a folder with
// Pulumi's archives.
const pluginSourceVariable = "KUBERNETES_ANYWHERE_PLUGIN_SOURCE"

// pluginDir is where they are, or are put: one folder for all clusters.
func (s *session) pluginDir() (string, error) {
	if s.givenPlugins != "" {
		return filepath.Abs(s.givenPlugins)
	}
	cache, err := images.CacheDir()
	return filepath.Join(cache, "plugins"), err
}

// fetchPlugins makes sure that the plugins are there before the engine asks
// for them.
func (s *session) fetchPlugins(ctx context.Context, report phase.Reporter) error {
	plugins := s.plugins()
	folder, err := s.pluginDir()
	if err != nil {
		return err
	}
	if s.givenPlugins != "" {
		if err := engine.CheckPlugins(folder, plugins); err != nil {
			return &usageError{fmt.Errorf("--plugin-dir %s: %w; put the program there, or leave the flag out to download it", s.givenPlugins, err)}
		}
		return nil
	}
	defer report.Wait("", "")
	err = engine.FetchPlugins(ctx, folder, plugins, func(p engine.Plugin, received, size int64) {
		report.Wait("provider plugin "+p.String(), "download: "+megabytes(received, size))
	})
	if err != nil && !errors.Is(err, context.Canceled) {
		return &phase.Failure{Err: err, Next: []string{
			s.again + "   # tries again",
			s.again + " --plugin-dir FOLDER   # takes the plugin from a folder, where it cannot be downloaded",
			pluginSourceVariable + "=https://MIRROR/FOLDER " + s.again + "   # downloads it elsewhere",
		}}
	}
	return err
}

// megabytes is how far a download is, in steps that can be read.
func megabytes(received, size int64) string {
	const mega = 1_000_000
	if size == 0 {
		return fmt.Sprintf("%d MB", received/mega)
	}
	return fmt.Sprintf("%d of %d MB", received/mega, size/mega)
}

// fetching is the phase of the plugins, where there are any.
func (s *session) fetching() []phase.Phase {
	if len(s.plugins()) == 0 {
		return nil
	}
	return []phase.Phase{{Title: "Fetching the provider's plugin", Run: s.fetchPlugins, Deadline: fetchTimeout}}
}

// havePlugins fetches the plugins for a command that has no phases otherwise.
func (s *session) havePlugins(ctx context.Context) error {
	folder, err := s.pluginDir()
	if err != nil || engine.CheckPlugins(folder, s.plugins()) == nil {
		return err
	}
	return phase.Run(ctx, s.fetching(), s.progress())
}
