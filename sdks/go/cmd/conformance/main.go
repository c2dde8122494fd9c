// Command conformance runs files of golden cases against this SDK's engine: one JSON line for each case, and a summary for each
// file. Exit status: 1 if a case with the role `must` fails, 2 for what is no file of cases.
package main

import (
	"bufio"
	"os"

	"github.com/feature-flag-platform/sdk/go/internal/conformance"
)

func main() {
	out := bufio.NewWriter(os.Stdout)
	status := conformance.Run(os.Args[1:], out, os.Stderr)
	if err := out.Flush(); err != nil {
		status = 2
	}
	os.Exit(status)
}
