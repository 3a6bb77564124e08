package render

import (
	"encoding/base64"
	"fmt"
	"iter"
	"strings"
	"unicode/utf8"

	"github.com/pulumi/pulumi/sdk/v3/go/common/resource"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/pulumi/target"
)

// bundle is a node bundle that a resource carries, and the user-data of the
// hosts that read it.
type bundle struct {
	node.Bundle
	digest   string
	userData string
}

// isSample tells a bundle with stand-ins for credentials.
func (b bundle) isSample() bool { return b.Credentials.BootstrapToken == sampleToken }

// bundlesOf finds the node bundles in whatever resources carry them, by
// "control-plane" or pool. The user-data that goes with one names its digest.
func bundlesOf(records []Record) (map[string]bundle, error) {
	bundles := map[string]bundle{}
	digests := digestsOf(records)
	for digest, text := range digests {
		b, err := node.ReadBundle([]byte(text))
		if err != nil {
			return nil, fmt.Errorf("rendering a node bundle: %w", err)
		}
		found := bundle{Bundle: b, digest: digest}
		for _, r := range records {
			for value := range texts(resource.NewProperty(r.Inputs)) {
				if value, _ = decoded(value); strings.Contains(value, digest) {
					found.userData, _ = digests.undigested(value)
				}
			}
		}
		bundles[folderOf(b)] = found
	}
	return bundles, nil
}

// folderOf names what a bundle is for: the control planes, or a pool.
func folderOf(b node.Bundle) string {
	if b.Role == node.ControlPlane {
		return node.ControlPlane
	}
	return b.Pool
}

// isBundle tells a node bundle from other text, whichever resource carries it.
func isBundle(text string) bool {
	return strings.HasPrefix(text, "{") && kindOf(text) == node.Kind
}

// digests are the node bundles that are declared, by their digest.
type digests map[string]string

func digestsOf(records []Record) digests {
	found := digests{}
	for _, r := range records {
		for text := range texts(resource.NewProperty(r.Inputs)) {
			if text, _ = decoded(text); isBundle(text) {
				found[target.BundleDigest([]byte(text))] = text
			}
		}
	}
	return found
}

// undigested puts words in the place of digests of samples, since the digest of
// the real bundle is known once there is one, and tells whether any digest was
// there.
func (d digests) undigested(text string) (string, bool) {
	found := false
	for digest, of := range d {
		found = found || strings.Contains(text, digest)
		if strings.Contains(of, sampleToken) {
			text = strings.ReplaceAll(text, digest, digestWords())
		}
	}
	return text, found
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
