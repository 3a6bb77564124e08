package network_test

import (
	"fmt"
	"strings"
	"testing"
)

// answers are what agnhost's /dial returns: an answer or an error for every try.
type answers struct {
	Responses, Errors []string
}

// only checks that every one of tries was answered, and by one server.
func (a answers) only(want string, tries int) error {
	if len(a.Errors) > 0 || len(a.Responses) != tries {
		return fmt.Errorf("%d of %d tries were answered; %v", len(a.Responses), tries, a.Errors)
	}
	for _, got := range a.Responses {
		if strings.TrimSpace(got) != want {
			return fmt.Errorf("%q answered, want %q", got, want)
		}
	}
	return nil
}

// all checks that every one of tries was answered, and that all servers did.
func (a answers) all(want []pod, tries int) error {
	if len(a.Errors) > 0 || len(a.Responses) != tries {
		return fmt.Errorf("%d of %d tries were answered; %v", len(a.Responses), tries, a.Errors)
	}
	seen := map[string]bool{}
	for _, got := range a.Responses {
		seen[strings.TrimSpace(got)] = true
	}
	for _, p := range want {
		if !seen[p.name] {
			return fmt.Errorf("%s on %s never answered, of %d: %v", p.name, p.host.name, tries, seen)
		}
	}
	return nil
}

func TestAnswers_AreAllThereAndOfWhomTheyShouldBe(t *testing.T) {
	one, two := pod{name: "one"}, pod{name: "two"}
	for name, c := range map[string]struct {
		answers   answers
		only, all bool
	}{
		"from one":           {answers{Responses: []string{"one", "one"}}, true, false},
		"from each":          {answers{Responses: []string{"one", "two"}}, false, true},
		"one lost":           {answers{Responses: []string{"one"}}, false, false},
		"one lost, and said": {answers{Responses: []string{"one"}, Errors: []string{"timed out"}}, false, false},
		"none":               {answers{}, false, false},
	} {
		if err := c.answers.only("one", 2); (err == nil) != c.only {
			t.Errorf("%s: only one: %v", name, err)
		}
		if err := c.answers.all([]pod{one, two}, 2); (err == nil) != c.all {
			t.Errorf("%s: both: %v", name, err)
		}
	}
}
