package gcptest

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
)

// Limits that every resource is held to.
const (
	longestDescription = 2048
	mostLabels         = 64
)

const rfc1035 = `[a-z]([-a-z0-9]{0,61}[a-z0-9])?`

func problem(property, reason string, args ...any) targettest.Problem {
	return targettest.Problem{Property: property, Reason: fmt.Sprintf(reason, args...)}
}

// common are the rules of every kind.
func common() []rule {
	return []rule{
		matching("name", rfc1035),
		matching("region", `[a-z]+(-[a-z]+)+[0-9]+`),
		matching("zone", `[a-z]+(-[a-z]+)+[0-9]+-[a-z]`),
		matching("project", `([a-z0-9.]+:)?[a-z][-a-z0-9]{4,28}[a-z0-9]`),
		labels, description,
	}
}

// matching holds a member, where it is known, to a form.
func matching(key, form string) rule {
	compiled := regexp.MustCompile(`^(` + form + `)$`)
	return func(_ *world, in object) []targettest.Problem {
		text, ok := in[key].(string)
		if !ok || compiled.MatchString(text) {
			return nil
		}
		return []targettest.Problem{problem(key, "%q does not match %s", text, form)}
	}
}

func description(_ *world, in object) []targettest.Problem {
	if n := len(in.text("description")); n > longestDescription {
		return []targettest.Problem{problem("description", "is %d characters long, over the limit of %d", n, longestDescription)}
	}
	return nil
}

// labels holds keys and values to what labels may be
// (https://cloud.google.com/compute/docs/labeling-resources#requirements).
func labels(_ *world, in object) []targettest.Problem {
	return labelsAt("labels", in.object("labels"))
}

func labelsAt(path string, given object) []targettest.Problem {
	var problems []targettest.Problem
	if len(given) > mostLabels {
		problems = append(problems, problem(path, "%d labels are over the limit of %d", len(given), mostLabels))
	}
	key, value := regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`), regexp.MustCompile(`^[a-z0-9_-]{0,63}$`)
	for k, v := range given {
		if !key.MatchString(k) {
			problems = append(problems, problem(path+"."+k, "the key must match %s", key))
		}
		if text, ok := v.(string); ok && !value.MatchString(text) {
			problems = append(problems, problem(path+"."+k, "the value %q must match %s", text, value))
		}
	}
	return problems
}

// cidrs holds a member, or its items, to ranges of IPv4 addresses written with
// no bit set beyond their length.
func cidrs(key string) rule {
	return func(_ *world, in object) []targettest.Problem {
		given := in.texts(key)
		if text := in.text(key); text != "" {
			given = []string{text}
		}
		var problems []targettest.Problem
		for i, text := range given {
			at := key
			if in.text(key) == "" {
				at = fmt.Sprintf("%s[%d]", key, i)
			}
			prefix, err := netip.ParsePrefix(text)
			if err != nil || prefix != prefix.Masked() {
				problems = append(problems, problem(at, "%q is no range of addresses (CIDR)", text))
			}
		}
		return problems
	}
}

// oneOf wants exactly one of some members.
func oneOf(keys ...string) rule {
	return func(_ *world, in object) []targettest.Problem {
		n := 0
		for _, key := range keys {
			if in.has(key) {
				n++
			}
		}
		if n != 1 {
			return []targettest.Problem{problem(keys[0], "exactly one of %s must be given, not %d", strings.Join(keys, ", "), n)}
		}
		return nil
	}
}

// bounds holds a number to a least and a most.
func bounds(key string, least, most float64) rule {
	return func(_ *world, in object) []targettest.Problem {
		if n, known := in.number(key); known && (n < least || n > most) {
			return []targettest.Problem{problem(key, "%v is not between %v and %v", n, least, most)}
		}
		return nil
	}
}

// required wants members that the provider's schema, not the API, asks for.
func required(keys ...string) rule {
	return func(_ *world, in object) []targettest.Problem {
		var problems []targettest.Problem
		for _, key := range keys {
			if !in.has(key) {
				problems = append(problems, problem(key, "is required"))
			}
		}
		return problems
	}
}
