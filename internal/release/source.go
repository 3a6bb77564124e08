package release

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// source is the commit that is built, in a clone of its own: nothing that is
// not committed gets in.
type source struct {
	dir, commit string
	// time is what files and statements carry.
	time time.Time
}

// checkout clones the commit and tags it there with the version, which is how
// Go learns of what version the program is.
func (r *run) checkout(ctx context.Context) error {
	commit := r.Commit
	if commit == "" {
		commit = "HEAD"
	}
	id, err := git(ctx, r.Repo, "rev-parse", "--verify", commit+"^{commit}")
	if err != nil {
		return err
	}
	if tagged, err := git(ctx, r.Repo, "rev-parse", "--verify", "--quiet", "refs/tags/"+r.Version+"^{commit}"); err == nil && tagged != id {
		return fmt.Errorf("%s is tagged %s already, and this is %s: release that commit, or another version", tagged, r.Version, id)
	}
	if changed, err := git(ctx, r.Repo, "status", "--porcelain"); err == nil && changed != "" {
		r.say("  what is not committed is not released: %d files differ from their commit", strings.Count(changed, "\n")+1)
	}
	dir := filepath.Join(r.scratch, "source")
	for _, args := range [][]string{
		{"clone", "--quiet", "--shared", "--no-tags", "--no-checkout", r.Repo, dir},
		{"-C", dir, "checkout", "--quiet", "--detach", id},
		{"-C", dir, "tag", "--no-sign", r.Version, id},
	} {
		if _, err := git(ctx, r.scratch, args...); err != nil {
			return err
		}
	}
	seconds, err := git(ctx, dir, "show", "--no-patch", "--format=%ct", id)
	if err != nil {
		return err
	}
	at, err := strconv.ParseInt(seconds, 10, 64)
	if err != nil {
		return fmt.Errorf("reading the time of %s: %w", id, err)
	}
	if r.Epoch != 0 {
		at = r.Epoch
	}
	r.source = source{dir: dir, commit: id, time: time.Unix(at, 0).UTC()}
	r.say("  commit %s of %s", id, r.source.time.Format(time.RFC3339))
	return nil
}

// git runs git in a folder, by no config but the clone's own, and returns what
// it printed.
func git(ctx context.Context, dir string, args ...string) (string, error) {
	cmd := exec.CommandContext(ctx, "git", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "GIT_CONFIG_GLOBAL="+os.DevNull, "GIT_CONFIG_NOSYSTEM=1", "LC_ALL=C")
	var out, said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &said
	if err := cmd.Run(); err != nil {
		return "", fmt.Errorf("running git %s: %w\n%s", args[0], err, strings.TrimSpace(said.String()))
	}
	return strings.TrimSpace(out.String()), nil
}
