package provider

import (
	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
)

// Text is a string property, out of its secret if it is one. It is empty when
// the property is absent or not known yet.
func Text(properties Properties, key string) string {
	value := open(properties[resource.PropertyKey(key)])
	if value.IsString() {
		return value.StringValue()
	}
	return ""
}

// Bool is a boolean property, false when absent.
func Bool(properties Properties, key string) bool {
	value := open(properties[resource.PropertyKey(key)])
	return value.IsBool() && value.BoolValue()
}

// Known tells whether a property has a value already: in a preview those that
// come from other resources have not.
func Known(properties Properties, key string) bool {
	value := properties[resource.PropertyKey(key)]
	return !value.ContainsUnknowns()
}

// Changed is which of the keys differ between two maps, secrets compared by
// what is in them. What is not known yet counts as changed.
func Changed(old, new Properties, keys ...string) []string {
	var changed []string
	for _, key := range keys {
		before, after := old[resource.PropertyKey(key)], new[resource.PropertyKey(key)]
		if after.ContainsUnknowns() || !open(before).DeepEquals(open(after)) {
			changed = append(changed, key)
		}
	}
	return changed
}

// Secret marks a string as a secret.
func Secret(text string) resource.PropertyValue {
	return resource.MakeSecret(resource.NewProperty(text))
}

// Unknown is a value that only exists once the resource does.
func Unknown() resource.PropertyValue {
	return resource.MakeComputed(resource.NewProperty(""))
}

// open takes a value out of its secret.
func open(value resource.PropertyValue) resource.PropertyValue {
	for value.IsSecret() {
		value = value.SecretValue().Element
	}
	return value
}
