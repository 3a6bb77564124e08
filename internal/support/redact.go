// Package support makes an archive of what is known of a cluster, for people
// who are to help and are not to hold its keys: every file passes a scanner
// that takes out what looks like a secret, and what is known to be one.
package support

import (
	"encoding/base64"
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// shortestKnown is how long a known secret must be to be looked for: shorter
// ones would be found everywhere.
const shortestKnown = 8

// Redactor takes secrets out of text. It is safe for use by several at once.
type Redactor struct {
	// known are texts that are secrets, the longest first, with what they are.
	known []known
	rules []rule
}

type known struct{ text, what string }

// NewRedactor makes a Redactor that, beside what looks like a secret, knows
// some by their text; the map says what each is. Of a PEM document every line
// of a private key counts as one, for a log may begin in its midst.
func NewRedactor(secrets map[string]string) *Redactor {
	found := map[string]string{}
	for text, what := range secrets {
		text = strings.TrimSpace(text)
		if len(text) < shortestKnown {
			continue
		}
		for _, part := range spellings(text) {
			found[part] = what
		}
		for _, line := range keyLines(text) {
			found[line] = what
		}
	}
	r := &Redactor{rules: rules()}
	for text, what := range found {
		r.known = append(r.known, known{text, what})
	}
	slices.SortFunc(r.known, func(a, b known) int {
		if len(a.text) != len(b.text) {
			return len(b.text) - len(a.text)
		}
		return strings.Compare(a.text, b.text)
	})
	return r
}

// spellings are the ways in which a text is written down: as it is, within
// JSON, and in base64. Where base64 holds it among other things, decoding
// finds it (see encoded).
func spellings(text string) []string {
	all := []string{text}
	if quoted, err := json.Marshal(text); err == nil {
		all = append(all, strings.Trim(string(quoted), `"`))
	}
	for _, encoding := range []*base64.Encoding{base64.StdEncoding, base64.RawURLEncoding} {
		all = append(all, encoding.EncodeToString([]byte(text)))
	}
	// The base64 of a file that ends in a line break.
	return append(all, base64.StdEncoding.EncodeToString([]byte(text+"\n")))
}

// keyLines are the lines of the private keys of a PEM document that are long
// enough to be told from other text, the last one mostly included.
func keyLines(text string) []string {
	var lines []string
	for _, block := range keyBlock.FindAllString(text, -1) {
		for _, line := range strings.Fields(block) {
			if len(line) >= 16 && !strings.HasPrefix(line, "-") {
				lines = append(lines, line)
			}
		}
	}
	return lines
}

// rule is a form that secrets have. Where a group is named, its name
// begins with "secret": that is taken out and the rest stays.
type rule struct {
	what string
	form *regexp.Regexp
}

var (
	// A key that is cut off at its end counts to the end of the text, one cut
	// off at its begin from the first line that looks like one.
	keyBlock = regexp.MustCompile(`-----BEGIN [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----(?s:.*?)(?:-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----|\z)`)
	keyEnd   = regexp.MustCompile(`(?:[A-Za-z0-9+/=]{16,}(?:\\n|\s)+)*-----END [A-Z0-9 ]*PRIVATE KEY[A-Z ]*-----`)
)

// The names under which configs, kubeconfigs, state and command lines write
// secrets.
const secretNames = `client-key-data|token-secret|token_secret|tokensecret|bootstrap-?token|certificate-?key|encryption-?key|service-?account-?key|` +
	`private_?key|ca-?key|etcd-?ca-?key|front-?proxy-?ca-?key|passphrase|pulumi_config_passphrase|password|passwd|client_?secret|secret_?access_?key|` +
	`aws_secret_access_key|aws_session_token|session_?token|access_?token|refresh_?token|id_?token|account_?key|sas_?token|api_?key`

// rules are tried in their order.
func rules() []rule {
	return []rule{
		{"private key", keyBlock},
		{"private key", keyEnd},
		{"JSON web token", regexp.MustCompile(`\beyJ[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]{8,}\.[A-Za-z0-9_-]*`)},
		{"bearer token", regexp.MustCompile(`(?i)\bbearer\s+(?P<secret>[A-Za-z0-9._~+/=-]{16,})`)},
		{"credentials", regexp.MustCompile(`(?i)\bauthorization["']?[ \t]*[:=][ \t]*["']?(?P<secret>(?:basic|bearer|digest|negotiate)[ \t]+[^"'\s]+)`)},
		{"password", regexp.MustCompile(`://[^\s/@:"']*:(?P<secret>[^\s/@"']+)@`)},
		{"bootstrap token", regexp.MustCompile(`\b[a-z0-9]{6}\.(?P<secret>[a-z0-9]{16})\b`)},
		{"secret", regexp.MustCompile(`(?i)(?:\b|_)(?:` + secretNames + `)\\?["']?[ \t]*[:=][ \t]*(?:\\?["'](?P<secretQuoted>[^"'\\\n]+)|(?P<secret>[^\s"'{\[\\<][^\s"',}]*))`)},
		{"secret", regexp.MustCompile(`(?im)--(?:token|certificate-key|password|passphrase)[= ](?P<secret>[^\s"'<]+)`)},
		{"secret", regexp.MustCompile(`(?m)^[ \t-]*["']?(?:secret|token)["']?:[ \t]+["']?(?P<secret>[A-Za-z0-9+/=._-]{16,})["']?,?[ \t]*$`)},
	}
}

// encodedForm is base64 of either alphabet, on one line or wrapped over several.
var encodedForm = regexp.MustCompile(`[A-Za-z0-9+/_-]{24,}={0,2}(?:(?:\\n|[ \t]*\r?\n[ \t]*)[A-Za-z0-9+/_-]{24,}={0,2})*(?:(?:\\n|[ \t]*\r?\n[ \t]*)[A-Za-z0-9+/_-]{1,76}={1,2})?`)

// Redact returns a text without secrets, and how many of each kind were taken
// out of it.
func (r *Redactor) Redact(text string) (string, map[string]int) {
	counts := map[string]int{}
	return r.redact(text, 0, counts), counts
}

func (r *Redactor) redact(text string, depth int, counts map[string]int) string {
	for _, k := range r.known {
		if n := strings.Count(text, k.text); n > 0 {
			counts[k.what] += n
			text = strings.ReplaceAll(text, k.text, mark(k.what))
		}
	}
	// Encoded first: a rule that took a part of it out would hide the rest.
	text = r.encoded(text, depth, counts)
	for _, one := range r.rules {
		text = one.apply(text, counts)
	}
	return text
}

func mark(what string) string { return fmt.Sprintf("<redacted: %s>", what) }

// apply takes out what the rule finds.
func (r rule) apply(text string, counts map[string]int) string {
	var out strings.Builder
	last := 0
	for _, at := range r.form.FindAllStringSubmatchIndex(text, -1) {
		from, to := at[0], at[1]
		for i, name := range r.form.SubexpNames() {
			if strings.HasPrefix(name, "secret") && at[2*i] >= 0 {
				from, to = at[2*i], at[2*i+1]
			}
		}
		if strings.HasPrefix(text[from:to], "<redacted: ") || strings.HasPrefix(text[from:to], "redacted") {
			continue
		}
		counts[r.what]++
		out.WriteString(text[last:from])
		out.WriteString(mark(r.what))
		last = to
	}
	return out.String() + text[last:]
}
