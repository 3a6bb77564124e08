package main

import (
	"fmt"
	"slices"
	"strings"
)

// allowed are licences that any module may have: the project's own, and those
// of CNCF's list of 2026
// (https://github.com/cncf/foundation/blob/main/policies-guidance/allowed-third-party-license-policy.md)
// by the names of SPDX.
func allowed() []string {
	return []string{
		"Apache-2.0",
		"0BSD", "BSD-2-Clause", "BSD-2-Clause-FreeBSD", "BSD-3-Clause", "MIT", "MIT-0", "ISC", "OpenSSL",
		"PSF-2.0", "Python-2.0", "Python-2.0.1", "PostgreSQL", "UPL-1.0", "X11", "Zlib",
	}
}

// decision allows a licence to the modules that it names, and to no other.
type decision struct {
	licence string
	modules []string
	why     string
}

// decisions are made by us; docs/releasing.md tells them to those who pass the
// programs on.
func decisions() []decision {
	return []decision{
		{
			licence: "MPL-2.0",
			modules: []string{
				"github.com/cyphar/filepath-securejoin", "github.com/hashicorp/errwrap", "github.com/hashicorp/go-multierror",
				"github.com/hashicorp/go-version", "github.com/hashicorp/hcl/v2",
			},
			// https://www.mozilla.org/MPL/2.0/: 3.2 and 3.3. CNCF has approved
			// each for all its projects, where it is not changed and not kept
			// in their repository
			// (https://github.com/cncf/foundation/blob/main/license-exceptions/CNCF-licensing-exceptions.csv).
			why: "linked as it is, its files stay under MPL-2.0 and the program may be under Apache-2.0 (3.3), " +
				"as long as it says where their source can be had (3.2): the file of licences does",
		},
		{
			licence: "Unicode-DFS-2016",
			modules: []string{"github.com/apparentlymart/go-textseg/v15"},
			why:     "tables that were made of Unicode's; it asks for its text to go along; CNCF has approved this module for all its projects",
		},
		{
			licence: "Unlicense",
			modules: []string{"github.com/vbauerster/cupwriter", "github.com/vbauerster/mpb/v8"},
			why:     "asks for nothing, and lets anyone use, change and sell it in words that hold where nobody can give a right away; CNCF's list lacks it, though it has approved a module under it",
		},
	}
}

// refusal says why a text is not allowed to a module, or nothing.
func refusal(m module, t text) string {
	for _, l := range t.Licences {
		if slices.Contains(allowed(), l) || slices.ContainsFunc(decisions(), func(d decision) bool {
			return d.licence == l && slices.Contains(d.modules, m.Path)
		}) {
			continue
		}
		return fmt.Sprintf("%s is %s, and %s is not allowed to it: do without the module, or decide in hack/tools/licences/policy.go and say why",
			t.File, strings.Join(t.Licences, " and "), l)
	}
	return ""
}
