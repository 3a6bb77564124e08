package book_test

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/kubernetes-anywhere/kubernetes-anywhere/test/docs/book"
)

// page is one with each thing that a page can have.
var page = book.New("docs/a.md", strings.ReplaceAll(`# A page: of §1

Type 'make it' or 'kubectl anywhere create [--timeout 5m]', not 'kubectl anywhere'.

    kubectl anywhere create -f 'a b.json' | tee log   # a comment
    what is said by it; make no mistake
    A=1 make build test F="x y"

- an item, [linked](b.md#there)
  that goes on

      host-1 # docker run -v /:/host \
        IMAGE init >out

    no block, but the item's

~~~console
$ kubectl anywhere status
make is said here
~~~

~~~json
{"kind": "Cluster"}
~~~

~~~sh
cd x && make all
~~~

## Of 'code', and [a link](c.md)
## Twice
## Twice
['code'](d.md) [out](https://example.com) '[none](e.md)' ![picture](f.svg)
`, "'", "`"))

func TestCommands_AreThoseThatAReaderTypes(t *testing.T) {
	var got []string
	for _, c := range page.Commands("make", "kubectl anywhere") {
		got = append(got, c.Place.String()+" "+strings.Join(c.Words, "|"))
	}
	want := []string{
		"docs/a.md:5 kubectl|anywhere|create|-f|`a|b.json`",
		"docs/a.md:6 make|no|mistake",
		"docs/a.md:7 make|build|test|F=x y",
		"docs/a.md:12 docker|run|-v|/:/host|IMAGE|init",
		"docs/a.md:18 kubectl|anywhere|status",
		"docs/a.md:27 cd|x", "docs/a.md:27 make|all",
		"docs/a.md:3 make|it", "docs/a.md:3 kubectl|anywhere|create|[--timeout|5m]",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLinks_AreThoseWithinTheRepository(t *testing.T) {
	var got []string
	for _, l := range page.Links() {
		got = append(got, l.Place.String()+" "+l.Target+" "+l.Anchor)
	}
	want := []string{"docs/a.md:9 b.md there", "docs/a.md:30 c.md ", "docs/a.md:33 d.md ", "docs/a.md:33 f.svg "}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestAnchors_AreGitHubs(t *testing.T) {
	want := map[string]bool{"a-page-of-1": true, "of-code-and-a-link": true, "twice": true, "twice-1": true}
	if diff := cmp.Diff(want, page.Anchors()); diff != "" {
		t.Error(diff)
	}
}

func TestBlocks_KeepTheirLanguageAndLine(t *testing.T) {
	for _, block := range page.Blocks() {
		if block.Language == "json" {
			if got := block.Place.String(); got != "docs/a.md:23" || block.Text() != "{\"kind\": \"Cluster\"}\n" {
				t.Errorf("%s: %q", got, block.Text())
			}
			return
		}
	}
	t.Error("the block of JSON was not found")
}
