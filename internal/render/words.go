package render

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/bootstrap-image/node"
	"github.com/kubernetes-anywhere/kubernetes-anywhere/internal/pki"
)

// What stands for something that is not rendered begins so: a secret, or what
// nobody can know before it exists.
const (
	redactedLead = "<redacted: "
	laterLead    = "<later: "
)

// redacted says what stands in a secret's place: what it is, and where it comes
// from. It is a plain string in JSON, and in YAML within quotes.
func redacted(what, from string) string { return redactedLead + what + ", " + from + ">" }

// later is the same for what is no secret.
func later(what, from string) string { return laterLead + what + ", " + from + ">" }

// digestWords stand between the quotes of a shell.
func digestWords() string { return later("the SHA-256 of the node bundle", "known once that is made") }

// leafKeyStandIn is the private key of a certificate that was not issued.
const leafKeyStandIn = "stand-in for a private key\n"

const inState = "from the encrypted state"

// secret is a value that is never shown, and the words that are.
type secret struct{ value, words string }

// secrets are those of a bundle.
func (b bundle) secrets() []secret {
	c := b.Credentials
	all := []secret{
		{c.CA.Key, redacted("the key of the cluster's authority", inState)},
		{c.EtcdCA.Key, redacted("the key of etcd's authority", inState)},
		{c.FrontProxyCA.Key, redacted("the key of the front proxy's authority", inState)},
		{c.ServiceAccountKey, redacted("the key that signs service account tokens", inState)},
		{c.EncryptionKey, redacted("the key of encryption at rest", inState)},
		{c.BootstrapToken, redacted("the bootstrap token", inState)},
	}
	return slices.DeleteFunc(all, func(s secret) bool { return strings.TrimSpace(s.value) == "" })
}

// words are what is said in the place of what is not shown, of one bundle.
type words struct {
	list []secret
}

// wordsFor are those of a bundle's secrets, of what stands for what hosts make
// themselves and, where its credentials are samples, of those.
func wordsFor(b bundle) (words, error) {
	w := words{list: append(b.secrets(), secret{leafKeyStandIn, redacted("a private key", "made on the host, which it never leaves")})}
	if !b.isSample() {
		return w, nil
	}
	w.list = append(w.list, secret{sampleAuthority, later("the certificate of an authority", "made with the cluster")})
	if b.Credentials.ServiceAccountKey == "" {
		return w, nil
	}
	public, err := pki.PublicKey([]byte(b.Credentials.ServiceAccountKey))
	if err != nil {
		return w, fmt.Errorf("working out the public half of the sample key: %w", err)
	}
	w.list = append(w.list, secret{string(public), later("the public half of the key that signs service account tokens", "made with the cluster")})
	return w, nil
}

// leaf says what a certificate will be that the host issues.
func (words) leaf(r node.Request) string {
	what := "a certificate of " + r.Leaf.CommonName
	if len(r.Leaf.Organizations) > 0 {
		what += " in " + strings.Join(r.Leaf.Organizations, " ")
	}
	if for_ := names(r.Leaf); for_ != "" {
		what += " for " + for_
	}
	return later(what, "issued on the host")
}

// inputsDigest is that of a static pod, over files that are not all known.
var inputsDigest = regexp.MustCompile(`(?m)(` + regexp.QuoteMeta(node.InputsAnnotation) + `: ).*$`)

// inBase64 is where a kubeconfig may hold a certificate that was not issued.
var inBase64 = regexp.MustCompile(`[A-Za-z0-9+/]{40,}={0,2}`)

// redact puts words where a secret is, or what is worked out from one, in plain
// or, as in kubeconfigs, in base64.
func (w words) redact(content []byte) []byte {
	for _, s := range w.list {
		content = said(content, s.value, s.words)
		content = said(content, base64.StdEncoding.EncodeToString([]byte(s.value)), s.words)
	}
	for _, encoded := range inBase64.FindAll(content, -1) {
		if plain, ok := decoded(string(encoded)); ok && strings.HasPrefix(plain, laterLead) {
			content = said(content, string(encoded), strings.TrimSpace(plain))
		}
	}
	return inputsDigest.ReplaceAll(content, []byte(`${1}"`+later("the digest of the files that it reads once", "known on the host")+`"`))
}

// said replaces a value by words: in quotes where it is the value of a key in
// YAML, and with its line's end where it had one.
func said(content []byte, value, words string) []byte {
	end := value[len(strings.TrimRight(value, "\n")):]
	content = bytes.ReplaceAll(content, []byte(": "+value+"\n"), []byte(`: "`+words+`"`+end+"\n"))
	return bytes.ReplaceAll(content, []byte(value), []byte(words+end))
}
