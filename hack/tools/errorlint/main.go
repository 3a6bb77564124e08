// Command errorlint is what 'go vet -vettool' takes to ask how errors are
// compared, asserted and wrapped. Upstream's own command reads all dependencies
// anew each time; go vet keeps what it saw.
package main

import (
	"github.com/polyfloyd/go-errorlint/errorlint"
	"golang.org/x/tools/go/analysis/unitchecker"
)

func main() { unitchecker.Main(errorlint.NewAnalyzer()) }
