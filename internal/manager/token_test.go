package manager

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"
)

// tokens is a cluster of which only the token is known.
type tokens struct {
	cluster
	found bool
	err   error
	id    string
	end   time.Time
}

func (t *tokens) ExtendBootstrapToken(_ context.Context, id string, end time.Time) (bool, error) {
	t.id, t.end = id, end
	return t.found, t.err
}

func TestExtendToken_KeepsItADayAheadAndTriesAgainSooner(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	out := &lines{}
	asked := &tokens{}
	m := &manager{cluster: asked, log: &log{w: out, now: time.Now}, file: File{BootstrapTokenID: "abcdef"}}
	for _, step := range []struct {
		found bool
		err   error
		want  time.Duration
		says  string
	}{
		{false, nil, time.Minute, "bootstrap-token-abcdef is not there"},
		{false, errors.New("no route"), time.Minute, "no route"},
		{true, nil, time.Hour, "kept open"},
		{true, nil, time.Hour, "kept open"},
	} {
		asked.found, asked.err = step.found, step.err
		if got := m.extendToken(t.Context(), now); got != step.want || asked.id != "abcdef" || !asked.end.Equal(now.Add(24*time.Hour)) {
			t.Errorf("found %t, %v: again in %s, %s until %s", step.found, step.err, got, asked.id, asked.end)
		}
		if strings.Count(out.String(), step.says) != 1 {
			t.Errorf("it does not say once %q:\n%s", step.says, out)
		}
	}
}

func TestKeepToken_LetsItRunOutWhereNobodyMakesNodes(t *testing.T) {
	asked := &tokens{}
	m := &manager{cluster: asked, log: &log{now: time.Now}}
	m.keepToken(t.Context()) // ends at once, or the test never does
	if asked.id != "" {
		t.Errorf("it extended %q", asked.id)
	}
}
