package awstest

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"regexp"
	"strings"
	"unicode/utf8"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/aws/awstest/api"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target/targettest"
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// matches demands that an input, where it is set, has a form.
func matches(path, form, why string) rule {
	compiled := regexp.MustCompile(`^(?:` + form + `)$`)
	return func(in values) (problems []targettest.Problem) {
		for at, value := range in.at(path) {
			if text, ok := value.(string); ok && !compiled.MatchString(text) {
				problems = append(problems, problem(at, "%q is not right: %s", text, why))
			}
		}
		return problems
	}
}

// unlike refuses an input that has a form.
func unlike(path, form, why string) rule {
	compiled := regexp.MustCompile(form)
	return func(in values) (problems []targettest.Problem) {
		for at, value := range in.at(path) {
			if text, ok := value.(string); ok && compiled.MatchString(text) {
				problems = append(problems, problem(at, "%q is not right: %s", text, why))
			}
		}
		return problems
	}
}

// within demands that a number is between two others.
func within(path string, least, most int64) rule {
	return func(in values) (problems []targettest.Problem) {
		for at, value := range in.at(path) {
			if text, ok := value.(string); ok {
				var n int64
				if _, err := fmt.Sscan(text, &n); err == nil {
					value = n
				}
			}
			if number, ok := value.(int64); ok && (number < least || number > most) {
				problems = append(problems, problem(at, "%d is not between %d and %d", number, least, most))
			}
		}
		return problems
	}
}

// oneOf demands that exactly one of some inputs is set.
func oneOf(names ...string) rule {
	return func(in values) []targettest.Problem {
		if in.set(names...) == 1 {
			return nil
		}
		first := names[0]
		for _, name := range names {
			if in.has(name) {
				first = name
			}
		}
		return []targettest.Problem{problem(first, "exactly one of %s must be set", strings.Join(names, ", "))}
	}
}

// network demands that an input is a range of IPv4 addresses, of a prefix of
// some length.
func network(path string, shortest, longest int) rule {
	return func(in values) (problems []targettest.Problem) {
		for at, value := range in.at(path) {
			text, ok := value.(string)
			if !ok {
				continue
			}
			prefix, err := netip.ParsePrefix(text)
			switch {
			case err != nil || !prefix.Addr().Is4():
				problems = append(problems, problem(at, "%q is no range of IPv4 addresses", text))
			case prefix != prefix.Masked():
				problems = append(problems, problem(at, "%q has bits set beyond its length: write %s", text, prefix.Masked()))
			case prefix.Bits() < shortest || prefix.Bits() > longest:
				problems = append(problems, problem(at, "%q is not between a /%d and a /%d", text, shortest, longest))
			}
		}
		return problems
	}
}

// policyDocument demands that an input is a policy that IAM can read.
func policyDocument(path string, resources bool, longest int) rule {
	return func(in values) []targettest.Problem {
		text := in.text(path)
		if text == "" {
			return nil
		}
		if len(text) > longest {
			return []targettest.Problem{problem(path, "is %d characters long, and %d is the most", len(text), longest)}
		}
		var document struct {
			Version   string
			Statement []map[string]any
		}
		if err := json.Unmarshal([]byte(text), &document); err != nil {
			return []targettest.Problem{problem(path, "is no policy: %v", err)}
		}
		return checkPolicy(path, document.Version, document.Statement, resources)
	}
}

func checkPolicy(path, version string, statements []map[string]any, resources bool) []targettest.Problem {
	if version != "2012-10-17" {
		return []targettest.Problem{problem(path, "the policy's version is %q, and must be 2012-10-17", version)}
	}
	if len(statements) == 0 {
		return []targettest.Problem{problem(path, "the policy has no statement")}
	}
	for i, statement := range statements {
		needed, refused := "Resource", "Principal"
		if !resources {
			needed, refused = refused, needed
		}
		switch {
		case statement["Effect"] != "Allow" && statement["Effect"] != "Deny":
			return []targettest.Problem{problem(path, "statement %d has no effect, Allow or Deny", i)}
		case statement["Action"] == nil && statement["NotAction"] == nil:
			return []targettest.Problem{problem(path, "statement %d has no action", i)}
		case statement[needed] == nil:
			return []targettest.Problem{problem(path, "statement %d has no %s", i, strings.ToLower(needed))}
		case statement[refused] != nil:
			return []targettest.Problem{problem(path, "statement %d may not name a %s", i, strings.ToLower(refused))}
		}
	}
	return nil
}

// Limits of tags, the same for every service that is used here.
const (
	mostTags       = 50
	longestTag     = 128
	longestContent = 256
)

// checkTags checks the tags of a resource, those of what it makes included.
func checkTags(in values) (problems []targettest.Problem) {
	form := regexp.MustCompile(`^[\p{L}\p{Z}\p{N}_.:/=+\-@]*$`)
	for _, path := range []string{"tags", "tagSpecifications[].tags", "volumeTags"} {
		for at, value := range in.at(path) {
			given, ok := value.(map[string]any)
			if !ok {
				continue
			}
			if len(given) > mostTags {
				problems = append(problems, problem(at, "%d tags are more than %d", len(given), mostTags))
			}
			for key, value := range given {
				content, _ := value.(string)
				switch {
				case key == "" || utf8.RuneCountInString(key) > longestTag || utf8.RuneCountInString(content) > longestContent:
					problems = append(problems, problem(api.Join(at, key), "a tag's key has 1 to %d characters and its value at most %d", longestTag, longestContent))
				case strings.HasPrefix(strings.ToLower(key), "aws:"):
					problems = append(problems, problem(api.Join(at, key), "keys that begin with aws: are Amazon's"))
				case !form.MatchString(key) || !form.MatchString(content):
					problems = append(problems, problem(api.Join(at, key), "%q: %q has characters that a tag cannot have", key, content))
				}
			}
		}
	}
	return problems
}

// tagsAll is what the published provider adds to what carries tags.
func tagsAll(inputs targettest.Properties) targettest.Properties {
	if given, set := inputs["tags"]; set && !given.IsArray() {
		return targettest.Properties{"tagsAll": given}
	}
	return targettest.Properties{}
}

func text(value string) resource.PropertyValue { return resource.NewProperty(value) }

func texts(items ...string) resource.PropertyValue {
	list := []resource.PropertyValue{}
	for _, item := range items {
		list = append(list, text(item))
	}
	return resource.NewProperty(list)
}
