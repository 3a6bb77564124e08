package main

import "slices"

// ruling is what a person said of a text that the classifier does not know, or
// knows without what matters. It holds for that very text: another is asked
// about anew.
type ruling struct {
	// sha256 is that of the file.
	sha256 string
	// module and file are where it holds; empty is anywhere.
	module, file string
	// licences are what it is; none where it is not about what is linked, or
	// takes nothing away.
	licences []string
	// why is for whoever reads this next.
	why string
}

func rulings() []ruling {
	return []ruling{
		{
			sha256: "96f408bfae65bf137fc2525d3ecb030271c50c1e90799f87abf8846d8dd505cc",
			why:    "Google's grant of patents for Go: it gives beside the licence, and CNCF's list has it by name",
		},
		{
			sha256: "e3e3eb76f1e77325424c74d8c520a56a461ea36cfa054f475c5ece2c4a55a363",
			why:    "the same grant, word by word, with GRPC in the place of Go",
		},
		{
			sha256:   "d18f6323b71b0b768bb5e9616e36da390fbd39369a81807cca352de4e4e6aa0b",
			licences: []string{"Apache-2.0", "MIT"},
			why:      "yaml.v3: both licences, and between them which files are under which",
		},
		{
			sha256:   "5dc79da695aea39a47245008a168e3f7d461b686da8bec299fd55fee0393cbcc",
			licences: []string{"Apache-2.0", "BSD-3-Clause", "MIT"},
			why:      "sigs.k8s.io/yaml: its own licence and those of both copies of yaml that are in it",
		},
		{
			sha256:   "83e36e42b3dacc3d447eca3049848b3e2ff66b6e1768a6a3cf3f27a57079bda4",
			module:   "github.com/cyphar/filepath-securejoin",
			licences: []string{"BSD-3-Clause", "MPL-2.0"},
			why:      "both licences, and between them which files are under which",
		},
		{
			sha256: "a1d1adec3ba691ef6e377a78bbe9e9e2501f2f4a1723d08857da1ac6564e4fed",
			module: "github.com/opencontainers/go-digest", file: "LICENSE.docs",
			why: "CC-BY-SA-4.0, for its documentation alone, of which nothing is linked; code is under the file LICENSE",
		},
		{
			sha256: "a7ad63621e2da4bf017063f3e043b390bc95041b859eed747c778c92642b4fde",
			module: "k8s.io/kubernetes", file: "logo/LICENSE",
			why: "a line about the files of the logo, of which nothing is linked",
		},
		{
			sha256: "dfa6c9f4250f8553908c9d451b423869d712ef74a0877afb766b4b836d61ffff",
			module: "k8s.io/kubernetes",
			why:    "shell2junit: Apache-2.0 below a heading and a name; a shell script, of which nothing is linked",
		},
		{
			sha256: "0c5c52517f13becd7a1e1234f1e8a5ba370f5a5078cee9ac058c2d534e267fcb",
			module: "github.com/mattn/go-localereader", file: "README.md",
			licences: []string{"MIT"},
			why:      "it has no file of its own for that: below \"License\" stands MIT",
		},
	}
}

// holds tells whether a ruling is about a file of a module.
func (r ruling) holds(m module, file string) bool {
	return (r.module == "" || r.module == m.Path) && (r.file == "" || r.file == file)
}

// ruled finds the ruling on a text.
func (j *judge) ruled(m module, t text) (ruling, bool) {
	i := slices.IndexFunc(j.rulings, func(r ruling) bool { return r.sha256 == t.SHA256 && r.holds(m, t.File) })
	if i < 0 {
		return ruling{}, false
	}
	return j.rulings[i], true
}

// readElsewhere tells whether the licence of a module stands in a file that is
// not named like one.
func (j *judge) readElsewhere(m module, file string) bool {
	return slices.ContainsFunc(j.rulings, func(r ruling) bool {
		return r.module == m.Path && r.file == file
	})
}
