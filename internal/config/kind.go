package config

import (
	"fmt"
	"reflect"
	"regexp"

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
	switch {
	case want == reflect.String && n.Kind == yaml.ScalarNode:
		return fmt.Sprintf("write %q, in double quotes", n.Value)
	case want == reflect.Slice:
		return "write a list: [ … ]"
	case want == reflect.Struct || want == reflect.Map:
		return "write an object: { … }"
	case want == reflect.String:
		return "write a string, in double quotes"
	case n.Kind == yaml.ScalarNode && digits.MatchString(n.Value):
		return fmt.Sprintf("write %s, without quotes", n.Value)
	default:
		return "write " + kindName(want)
	}
}
