package wizard

import (
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/schema"
)

// parse reads what a person wrote as a value of a field: "3" is a number where
// the field is one. Lists take commas, maps key=value with commas, and both,
// like all that holds more, JSON.
func parse(f *schema.Field, text string) (any, error) {
	text = strings.TrimSpace(text)
	switch f.Type {
	case schema.String:
		return text, nil
	case schema.Integer:
		n, err := strconv.Atoi(text)
		if err != nil {
			return nil, fmt.Errorf("%q is no whole number", text)
		}
		return n, nil
	case schema.Boolean:
		return parseBool(text)
	case schema.List:
		if !strings.HasPrefix(text, "[") && f.Item.Item == nil && f.Item.Type != schema.Object {
			return parseList(f, text)
		}
	case schema.Map:
		if !strings.HasPrefix(text, "{") && f.Item.IsLeaf() {
			return parseMap(f, text)
		}
	}
	var value any
	if err := json.Unmarshal([]byte(text), &value); err != nil {
		return nil, fmt.Errorf("%q is no %s in JSON: %v", text, f.Type, err)
	}
	return value, nil
}

func parseBool(text string) (any, error) {
	switch strings.ToLower(text) {
	case "true", "yes", "y":
		return true, nil
	case "false", "no", "n":
		return false, nil
	}
	return nil, fmt.Errorf("%q is neither true nor false", text)
}

func parseList(f *schema.Field, text string) (any, error) {
	items := []any{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		item, err := parse(f.Item, part)
		if err != nil {
			return nil, err
		}
		items = append(items, item)
	}
	return items, nil
}

func parseMap(f *schema.Field, text string) (any, error) {
	entries := map[string]any{}
	for part := range strings.SplitSeq(text, ",") {
		if part = strings.TrimSpace(part); part == "" {
			continue
		}
		key, rest, found := strings.Cut(part, "=")
		if !found {
			return nil, fmt.Errorf("%q is not key=value", part)
		}
		value, err := parse(f.Item, rest)
		if err != nil {
			return nil, err
		}
		entries[strings.TrimSpace(key)] = value
	}
	return entries, nil
}

// show writes a value so that parse reads it back.
func show(value any) string {
	switch value := value.(type) {
	case nil:
		return ""
	case string:
		return value
	case []any:
		if parts, plain := scalars(value); plain {
			return strings.Join(parts, ",")
		}
	case map[string]any:
		var parts []string
		for _, key := range slices.Sorted(maps.Keys(value)) {
			if !scalar(value[key]) {
				return inJSON(value)
			}
			parts = append(parts, key+"="+show(value[key]))
		}
		return strings.Join(parts, ",")
	}
	return inJSON(value)
}

func scalars(list []any) ([]string, bool) {
	var parts []string
	for _, item := range list {
		if !scalar(item) {
			return nil, false
		}
		parts = append(parts, show(item))
	}
	return parts, len(parts) > 0
}

// scalar tells plain values, without a comma, from those that need JSON.
func scalar(value any) bool {
	switch value := value.(type) {
	case []any, map[string]any:
		return false
	case string:
		return !strings.Contains(value, ",")
	}
	return true
}

func inJSON(value any) string {
	data, err := json.Marshal(value)
	if err != nil {
		return fmt.Sprint(value) // which only what is no JSON at all comes to
	}
	return string(data)
}
