// Command trim copies the upstream Terraform provider, of whose 260 services
// a cluster needs five, and leaves the others out: whole, it takes an hour to
// compile. It writes nothing upstream did not: it drops packages, entries of
// two generated lists, and tests. In the copy is one more package, from
// door.go.txt, by which a plugin outside of the module reaches the providers.
//
//	go run ./trim FOLDER
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: trim FOLDER")
		os.Exit(2)
	}
	if err := run(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "trim:", err)
		os.Exit(1)
	}
}
