// Command judge holds what a release is made of to those who defined it: to
// the code of sigstore, CycloneDX, in-toto and SLSA. It is a module of its own,
// so that nothing of theirs is a dependency of what is released.
//
//	judge keys FOLDER PASSWORD    make a pair of keys as cosign does
//	judge sig KEY.pub FILE        read FILE.sig, as 'cosign verify-blob --signature' would
//	judge bundle KEY.pub FILE     read FILE.sigstore.json, as '--bundle' would
//	judge attestation KEY.pub BUNDLE FILE
//	                              is FILE what the signed statement is about
//	judge sbom FILE               read a bill of materials
//	judge provenance FILE         read a statement of provenance
package main

import (
	"fmt"
	"os"
)

func main() {
	if err := judge(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "judge:", err)
		os.Exit(1)
	}
}

func judge(args []string) error {
	verbs := map[string]struct {
		args int
		run  func([]string) error
	}{
		"keys":        {2, func(a []string) error { return keys(a[0], a[1]) }},
		"sig":         {2, func(a []string) error { return plain(a[0], a[1]) }},
		"bundle":      {2, func(a []string) error { return bundled(a[0], a[1]+".sigstore.json", a[1]) }},
		"attestation": {3, func(a []string) error { return bundled(a[0], a[1], a[2]) }},
		"sbom":        {1, func(a []string) error { return sbom(a[0]) }},
		"provenance":  {1, func(a []string) error { return statement(a[0]) }},
	}
	if len(args) == 0 {
		return fmt.Errorf("give a verb; see the head of main.go")
	}
	verb, known := verbs[args[0]]
	if !known || len(args)-1 != verb.args {
		return fmt.Errorf("reading %q: see the head of main.go", args)
	}
	return verb.run(args[1:])
}
