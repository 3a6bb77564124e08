package render

import (
	"encoding/base64"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"
	"github.com/pulumi/pulumi/sdk/v3/go/pulumi"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// digests are the node bundles that are declared, by their digest. They hold
// samples: the digest of the real one is known once there is one.
type digests map[string]string

func digestsOf(seen []pulumi.MockResourceArgs) digests {
	found := digests{}
	for _, args := range seen {
		for text := range texts(resource.NewProperty(args.Inputs)) {
			if isBundle(text) {
				found[target.BundleDigest([]byte(text))] = text
			}
		}
	}
	return found
}

// undigested puts words in the place of digests, and tells whether there were
// any.
func (d digests) undigested(text string) (string, bool) {
	before := text
	for digest := range d {
		text = strings.ReplaceAll(text, digest, digestWords)
	}
	return text, text != before
}

// readable is a text as a person reads it: without digests of samples, and
// user-data, which some clouds take in base64, decoded.
func (d digests) readable(text string) string {
	plain, encoded := decoded(text)
	if tidied, hadDigest := d.undigested(plain); hadDigest && encoded {
		return "<in base64:>\n" + tidied
	}
	text, _ = d.undigested(text)
	return text
}

// decoded is what stands in base64, and the text itself where nothing does.
func decoded(text string) (string, bool) {
	data, err := base64.StdEncoding.DecodeString(text)
	if err != nil || len(data) == 0 || !utf8.Valid(data) {
		return text, false
	}
	return string(data), true
}

// texts are all strings in a value, however deep, out of their secrets.
func texts(value resource.PropertyValue) iter.Seq[string] {
	return func(yield func(string) bool) { walk(value, yield) }
}

func walk(value resource.PropertyValue, yield func(string) bool) bool {
	switch {
	case value.IsSecret():
		return walk(value.SecretValue().Element, yield)
	case value.IsOutput():
		return walk(value.OutputValue().Element, yield)
	case value.IsString():
		return yield(value.StringValue())
	case value.IsArray():
		for _, item := range value.ArrayValue() {
			if !walk(item, yield) {
				return false
			}
		}
	case value.IsObject():
		for _, item := range value.ObjectValue() {
			if !walk(item, yield) {
				return false
			}
		}
	}
	return true
}
