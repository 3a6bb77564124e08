package cli

import (
	"context"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/engine"
)

// secretsOf adds the texts of a record that the state keeps encrypted. Public
// documents that are among them are no secrets: they would be taken out of
// everything that shows them.
func secretsOf(r engine.Record, into map[string]string) {
	for _, properties := range []resource.PropertyMap{r.Inputs, r.Outputs} {
		for key, value := range properties {
			gather(r.Name+" "+string(key), value, false, into)
		}
	}
}

func gather(what string, v resource.PropertyValue, secret bool, into map[string]string) {
	switch {
	case v.IsSecret():
		gather(what, v.SecretValue().Element, true, into)
	case v.IsOutput():
		gather(what, v.OutputValue().Element, secret || v.OutputValue().Secret, into)
	case v.IsArray():
		for _, element := range v.ArrayValue() {
			gather(what, element, secret, into)
		}
	case v.IsObject():
		for key, element := range v.ObjectValue() {
			gather(what+" "+string(key), element, secret, into)
		}
	case v.IsString() && secret && isHidden(v.StringValue()):
		into[v.StringValue()] = what
	}
}

// isHidden tells a secret from what only travels with one: certificates,
// addresses and the words of a whole node bundle, whose own secrets are found
// one by one where they come from.
func isHidden(text string) bool {
	text = strings.TrimSpace(text)
	return !strings.HasPrefix(text, "-----BEGIN CERTIFICATE") && !strings.HasPrefix(text, "{") && !strings.HasPrefix(text, "#!")
}

// resources lists what the state records.
func (b *bundling) resources(context.Context) ([]byte, error) {
	var out strings.Builder
	for _, r := range b.records {
		fmt.Fprintf(&out, "%s\t%s\t%s\n", r.Type, r.Name, r.ID)
	}
	return []byte(out.String()), nil
}

// mayPlan tells whether a plan needs no download first.
func (b *bundling) mayPlan() bool {
	folder, err := b.pluginDir()
	if err != nil {
		return false
	}
	return len(b.plugins()) == 0 || engine.CheckPlugins(folder, b.plugins()) == nil
}

// rendered is what render writes.
func (b *bundling) rendered(ctx context.Context) (map[string][]byte, error) {
	folder := filepath.Join(b.scratch, "rendered")
	_, err := b.said("", "", 0, "render", "--to", folder).Collect(ctx)
	files, readErr := tree(folder, func(string) bool { return true })
	if err == nil {
		err = readErr
	}
	return files, err
}

// history are the engine's records of each update of a state that is a folder:
// when it was, what it did, how it ended.
func (b *bundling) history(context.Context) (map[string][]byte, error) {
	folder, local := engine.Folder(b.backend)
	if !local || len(b.records) == 0 {
		return nil, nil
	}
	return tree(filepath.Join(folder, ".pulumi", "history"), func(name string) bool { return strings.HasSuffix(name, ".history.json") })
}

// engineLogs are what the engine keeps of its own runs.
func (b *bundling) engineLogs(context.Context) (map[string][]byte, error) {
	return tree(filepath.Join(b.dir.Engine(), "logs"), func(string) bool { return true })
}

// mostOfTree bounds how many files of a folder are taken.
const mostOfTree = 2000

// tree reads the files below a folder; one that is not there has none.
func tree(folder string, wanted func(name string) bool) (map[string][]byte, error) {
	files := map[string][]byte{}
	err := filepath.WalkDir(folder, func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case !entry.Type().IsRegular() || !wanted(entry.Name()):
			return nil
		case len(files) == mostOfTree:
			return fs.SkipAll
		}
		data, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		name, err := filepath.Rel(folder, path)
		files[filepath.ToSlash(name)] = data
		return err
	})
	if os.IsNotExist(err) {
		err = nil
	}
	return files, err
}
