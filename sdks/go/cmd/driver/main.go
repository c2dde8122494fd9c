// The driver does what one JSON command a line says, and answers each by one line, so that tests of any language can hold this
// SDK to what all of them do. docs/conformance.md has the commands.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"os"
)

// lineMax is the longest command: one may have a whole configuration.
const lineMax = 256 << 20

func main() {
	if err := serve(os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

// answer is a line that the driver writes.
type answer struct {
	OK     bool   `json:"ok"`
	Result any    `json:"result"`
	Error  string `json:"error,omitempty"`
}

func serve(in io.Reader, out io.Writer) error {
	driver := &driver{}
	defer driver.end()
	lines := bufio.NewScanner(in)
	lines.Buffer(make([]byte, 1<<16), lineMax)
	writing := json.NewEncoder(out)
	writing.SetEscapeHTML(false)
	for lines.Scan() {
		if len(lines.Bytes()) == 0 {
			continue
		}
		told := answer{OK: true}
		result, err := driver.do(lines.Bytes())
		if err != nil {
			told = answer{Error: err.Error()}
		} else {
			told.Result = result
		}
		if err := writing.Encode(told); err != nil {
			return err
		}
	}
	return lines.Err()
}
