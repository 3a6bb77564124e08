package cli

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/addon"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/render"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// ofCluster is what --diff compares with besides folders.
const ofCluster = "cluster"

// apiPatience is how long a cluster may take to tell what addons it keeps.
const apiPatience = 10 * time.Second

// runDiff shows what the config alters. Nothing is touched.
func (o *renderOptions) runDiff(ctx context.Context, with render.Options) error {
	in, err := o.inputs()
	if err != nil {
		return err
	}
	var old, now map[string][]byte
	if o.diff == ofCluster {
		old, now, err = o.besideCluster(ctx, in, with)
	} else {
		old, now, err = o.besideFolder(in, with)
	}
	if err != nil {
		return err
	}
	d := render.Compare(old, now)
	if err := d.Print(o.env.Out); err != nil {
		return err
	}
	if len(d.Files) == 0 {
		o.narrate("nothing differs")
		return nil
	}
	o.narrate(count(len(d.Files), "file") + " would be other than in " + o.subject())
	if o.exitCode {
		return errPending
	}
	return nil
}

// subject is what the config is compared with, in words.
func (o *renderOptions) subject() string {
	if o.diff == ofCluster {
		return fmt.Sprintf("cluster %q", o.cluster.Metadata.Name)
	}
	return o.diff
}

// besideFolder is an earlier render, and what the config renders to.
func (o *renderOptions) besideFolder(in target.Inputs, with render.Options) (old, now map[string][]byte, err error) {
	if old, err = render.Read(o.diff); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			err = &usageError{fmt.Errorf("--diff %s: there is no such folder; write one that render made, or the word %s", o.diff, ofCluster)}
		}
		return nil, nil, err
	}
	made, err := render.Cluster(o.target, in, with)
	if err != nil {
		return nil, nil, err
	}
	return old, made.Files, nil
}

// besideCluster is the cluster as its state records it, and what the config
// renders to with all that the state knows.
func (o *renderOptions) besideCluster(ctx context.Context, in target.Inputs, with render.Options) (old, now map[string][]byte, err error) {
	records, out, err := o.stateRecords(ctx)
	if err != nil {
		return nil, nil, err
	}
	there, err := render.Existing(o.target, in, records, with)
	if err != nil {
		return nil, nil, err
	}
	with.Recorded, with.Existing = render.Recall(records), there.Nodes
	made, err := render.Cluster(o.target, in, with)
	if err != nil {
		return nil, nil, err
	}
	kept, from, err := o.keptAddons(ctx, out)
	if err != nil {
		o.narrate(fmt.Sprintf("%s is not compared: %v", render.AddonsDir, err))
		render.Drop(made.Files, render.AddonsDir)
	} else {
		o.narrate(fmt.Sprintf("%s is compared with %s", render.AddonsDir, from))
		render.Put(there.Files, render.AddonsDir, kept)
	}
	return there.Files, made.Files, nil
}

// stateRecords is all that the state of the cluster says.
func (s *session) stateRecords(ctx context.Context) ([]render.Record, target.Outputs, error) {
	stack, err := s.existing(ctx, s.narrate)
	if err != nil {
		return nil, target.Outputs{}, err
	}
	if stack == nil {
		return nil, target.Outputs{}, &usageError{fmt.Errorf("cluster %q has no state at %s: there is nothing to compare with; 'kubectl anywhere render --to FOLDER' writes all there would be",
			s.cluster.Metadata.Name, s.backend)}
	}
	defer stack.Close()
	records, err := stack.Records(ctx)
	if err != nil {
		return nil, target.Outputs{}, err
	}
	values, err := stack.Outputs(ctx)
	if err != nil {
		return nil, target.Outputs{}, err
	}
	out, err := target.ParseOutputs(values)
	if err != nil {
		return nil, out, fmt.Errorf("asking the state of cluster %q for its hosts: %w", s.cluster.Metadata.Name, err)
	}
	return plain(records), out, nil
}

// keptAddons are the files of the addons that the cluster is to have, as the
// cluster keeps them or, where its API does not answer, by the config that it
// was last created with; from says which.
func (s *session) keptAddons(ctx context.Context, out target.Outputs) (files map[string][]byte, from string, err error) {
	files, unasked := s.addonsInCluster(ctx, out)
	if unasked == nil {
		return files, "the set that the cluster keeps", nil
	}
	data, err := os.ReadFile(s.dir.ConfigFile())
	if err != nil {
		return nil, "", fmt.Errorf("asking the cluster: %w; and the config that it was created with is not here", unasked)
	}
	was, err := loadConfig(s.env, s.dir.ConfigFile(), data)
	if err != nil {
		return nil, "", fmt.Errorf("asking the cluster: %w; and its config cannot be read: %w", unasked, err)
	}
	before := *s
	before.cluster = was
	set, err := addon.Render(before.addonValues(out))
	if err != nil {
		return nil, "", err
	}
	return set.Files(), fmt.Sprintf("the config that the cluster was last created with (the cluster does not answer: %v)", unasked), nil
}

func (s *session) addonsInCluster(ctx context.Context, out target.Outputs) (map[string][]byte, error) {
	ctx, cancel := context.WithTimeout(ctx, apiPatience)
	defer cancel()
	api, err := s.connect(out)
	if err != nil {
		return nil, err
	}
	desired, found, err := api.ReadDesired(ctx)
	switch {
	case err != nil:
		return nil, err
	case !found:
		return nil, errors.New("it keeps no addons yet")
	}
	return addon.FilesOf(desired.Objects)
}
