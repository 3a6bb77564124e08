package config

import (
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// wrongType reports a value of the wrong kind.
func (b *binder) wrongType(n *yaml.Node, want reflect.Kind, path string) {
	message := fmt.Sprintf("must be %s, but is %s", kindName(want), nodeName(n))
	if path == "" {
		message = "the document " + message
	}
	b.fault(path, message, typeFix(n, want))
}

func kindName(k reflect.Kind) string {
	switch k {
	case reflect.String:
		return "a string"
	case reflect.Bool:
		return "true or false"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "an object"
	case reflect.Float64:
		return "a number"
	default:
		return "a whole number"
	}
}

func nodeName(n *yaml.Node) string {
	switch n.Kind {
	case yaml.MappingNode:
		return "an object"
	case yaml.SequenceNode:
		return "a list"
	}
	switch n.ShortTag() {
	case "!!str":
		return fmt.Sprintf("the string %q", n.Value)
	case "!!int", "!!float":
		return "the number " + n.Value
	case "!!null":
		return "empty"
	default:
		return n.Value
	}
}

// digits is a number that was perhaps quoted by mistake.
var digits = regexp.MustCompile(`^[1-9][0-9]*$`)

func typeFix(n *yaml.Node, want reflect.Kind) string {
	scalar := n.Kind == yaml.ScalarNode
	switch {
	case scalar && n.Style&yaml.TaggedStyle != 0:
		return "remove the tag " + n.ShortTag()
	case want == reflect.String && scalar:
		return fmt.Sprintf("write %q, in double quotes", n.Value)
	case want == reflect.Slice && scalar && n.ShortTag() != "!!null":
		return fmt.Sprintf("write a list: [%s]", literal(n))
	case want == reflect.Slice && n.Kind == yaml.MappingNode:
		return "write a list around it: [ { … } ]"
	case want == reflect.Slice:
		return "write a list: [ … ]"
	case (want == reflect.Struct || want == reflect.Map) && scalar && unspaced.MatchString(n.Value):
		key, value, _ := strings.Cut(n.Value, ":")
		return fmt.Sprintf("write a space behind the colon: %s: %s", key, value)
	case want == reflect.Struct || want == reflect.Map:
		return "write an object: { … }"
	case want == reflect.String:
		return "write a string, in double quotes"
	case want == reflect.Bool && scalar && truth(n.Value) != "":
		return fmt.Sprintf("write %s, without quotes", truth(n.Value))
	case scalar && digits.MatchString(n.Value):
		return fmt.Sprintf("write %s, without quotes", n.Value)
	default:
		return "write " + kindName(want)
	}
}

// unspaced is a field of YAML whose colon lacks its space: that makes it one
// word.
var unspaced = regexp.MustCompile(`^[A-Za-z]+:[^ /:]+$`)

// literal is a plain value as it would stand in a list.
func literal(n *yaml.Node) string {
	if n.ShortTag() == "!!str" {
		return strconv.Quote(n.Value)
	}
	return n.Value
}

// truth is true or false for the words that mean it elsewhere.
func truth(word string) string {
	switch strings.ToLower(word) {
	case "true", "yes", "on", "y", "1", "enabled":
		return "true"
	case "false", "no", "off", "n", "0", "disabled":
		return "false"
	}
	return ""
}
