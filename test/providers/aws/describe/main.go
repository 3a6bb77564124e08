// Command describe trims AWS's own description of its API to the operations
// that a cluster needs:
//
//	go run ./describe ../../../pulumi/aws/awstest/api
//
// The folder holds operations.txt, which says what is kept; beside it come one
// file a service and the licence.
package main

import (
	"fmt"
	"os"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: describe FOLDER")
		os.Exit(2)
	}
	if err := describe(os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "describe:", err)
		os.Exit(1)
	}
}
