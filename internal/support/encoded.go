package support

import (
	"bytes"
	"compress/gzip"
	"crypto/x509"
	"encoding/base64"
	"io"
	"strings"
	"unicode/utf8"
)

const (
	// deepest is how often what was decoded is decoded again: a kubeconfig, in
	// base64, holds a key in base64, and a Secret holds that once more.
	deepest = 4
	// mostDecoded bounds what a compressed text may become.
	mostDecoded = 8 << 20
)

// encoded takes out runs of base64 that hold a secret. What holds none stays
// as it is: certificates, digests, names.
func (r *Redactor) encoded(text string, depth int, counts map[string]int) string {
	if depth == deepest {
		return text
	}
	return encodedForm.ReplaceAllStringFunc(text, func(run string) string {
		if what := r.within(run, depth); what != "" {
			counts[what]++
			return mark(what + ", encoded")
		}
		return run
	})
}

// within says what secret a run of base64 holds; empty for none. A run may
// begin with what is not part of it, a path before a value or a field's name:
// each of the four alignments is tried.
func (r *Redactor) within(run string, depth int) string {
	candidates := []string{run}
	if lines := strings.FieldsFunc(strings.ReplaceAll(run, `\n`, "\n"), func(c rune) bool { return c == '\n' || c == ' ' || c == '\t' || c == '\r' }); len(lines) > 1 {
		candidates = append(candidates, lines...) // which may be one secret each
	}
	for _, candidate := range candidates {
		if what := r.decoded(candidate, depth); what != "" {
			return what
		}
	}
	return ""
}

// decoded says what secret one run of base64 holds.
func (r *Redactor) decoded(run string, depth int) string {
	packed := strings.NewReplacer("\n", "", "\r", "", "\t", "", " ", "", `\n`, "", "-", "+", "_", "/", "=", "").Replace(run)
	for skip := range min(4, len(packed)) {
		part := packed[skip:]
		if len(part)%4 == 1 {
			part = part[:len(part)-1]
		}
		data, err := base64.RawStdEncoding.DecodeString(part)
		if err != nil {
			continue
		}
		if what := r.holds(data, depth); what != "" {
			return what
		}
	}
	return ""
}

// holds says what secret bytes hold.
func (r *Redactor) holds(data []byte, depth int) string {
	if isKey(data) {
		return "private key"
	}
	if unpacked, ok := gunzip(data); ok {
		data = unpacked
	}
	if bytes.Contains(data, []byte("PRIVATE KEY-----")) {
		return "private key"
	}
	for _, k := range r.known {
		if bytes.Contains(data, []byte(k.text)) {
			return k.what
		}
	}
	// Rules are for text: of other bytes they would find what is none.
	if !utf8.Valid(data) || bytes.ContainsFunc(data, func(c rune) bool { return c < ' ' && c != '\n' && c != '\t' && c != '\r' }) {
		return ""
	}
	counts := map[string]int{}
	r.redact(string(data), depth+1, counts)
	for what := range counts {
		return what
	}
	return ""
}

// isKey tells a private key in its binary form.
func isKey(data []byte) bool {
	if len(data) < 32 || data[0] != 0x30 { // every one is a sequence of ASN.1
		return false
	}
	if _, err := x509.ParsePKCS8PrivateKey(data); err == nil {
		return true
	}
	if _, err := x509.ParseECPrivateKey(data); err == nil {
		return true
	}
	_, err := x509.ParsePKCS1PrivateKey(data)
	return err == nil
}

func gunzip(data []byte) ([]byte, bool) {
	if !bytes.HasPrefix(data, []byte{0x1f, 0x8b}) {
		return nil, false
	}
	reader, err := gzip.NewReader(bytes.NewReader(data))
	if err != nil {
		return nil, false
	}
	defer reader.Close()
	unpacked, err := io.ReadAll(io.LimitReader(reader, mostDecoded))
	return unpacked, err == nil || len(unpacked) > 0
}
