package schema

import (
	_ "embed"
	"encoding/json"
	"fmt"
	"reflect"
	"strings"
	"sync"
)

// module is cut off the names of packages.
const module = "github.com/kubernetes-anywhere/kubernetes-anywhere/"

// written holds the comments of the config's structs, which a program does not
// have at run time. 'make update' writes it, and a test compares the two.
//
//go:embed prose.json
var written []byte

// prose is the comment of each struct and field by package, type and field:
// internal/config.Pool.Count.
var prose = sync.OnceValue(func() map[string]string {
	out := map[string]string{}
	if err := json.Unmarshal(written, &out); err != nil {
		panic(fmt.Sprintf("prose.json, which is built in, cannot be read: %v", err))
	}
	return out
})

// docKey names a struct, or with a field's name that field.
func docKey(t reflect.Type, field string) string {
	key := strings.TrimPrefix(t.PkgPath(), module) + "." + t.Name()
	if field != "" {
		key += "." + field
	}
	return key
}

// splitDefault takes the sentence that begins with "Default:" off a comment.
// Words between, as in "Default, on targets that make machines: 20.", are part
// of what it says.
func splitDefault(doc string) (rest, words string) {
	at := strings.Index(doc, "Default")
	if at < 0 || (at > 0 && doc[at-1] != ' ') {
		return doc, ""
	}
	sentence, after := doc[at:], ""
	for i := range sentence {
		if sentence[i] == '.' && (i+1 == len(sentence) || (sentence[i+1] == ' ' && i+2 < len(sentence) && isUpper(sentence[i+2]))) {
			sentence, after = sentence[:i], strings.TrimSpace(sentence[i+1:])
			break
		}
	}
	head, value, found := strings.Cut(sentence, ": ")
	if !found {
		return doc, ""
	}
	words = value
	if condition := strings.TrimPrefix(strings.TrimPrefix(head, "Default"), ", "); condition != "" {
		words = value + " (" + condition + ")"
	}
	return strings.TrimSpace(strings.TrimSpace(doc[:at]) + " " + after), words
}

func isUpper(b byte) bool { return b >= 'A' && b <= 'Z' }
