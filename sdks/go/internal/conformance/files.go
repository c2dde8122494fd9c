package conformance

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

const must = "must"

// line is what is printed of a case.
type line struct {
	ID       any    `json:"id"`
	OK       *bool  `json:"ok"`
	Role     string `json:"role"`
	Computed any    `json:"computed"`
	Skipped  string `json:"skipped,omitempty"`
}

// Summary counts the cases of a file.
type Summary struct {
	File       string `json:"file"`
	Cases      int    `json:"cases"`
	Passed     int    `json:"passed"`
	Failed     int    `json:"failed"`
	MustFailed int    `json:"must_failed"`
	Skipped    int    `json:"skipped"`
}

// File is a file of golden cases.
type File struct {
	name    string
	cases   []testCase
	configs *configs
}

// Open reads a file of cases; the error is of one that is none.
func Open(path string) (*File, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	var document struct {
		Cases   *[]testCase                `json:"cases"`
		Configs map[string]json.RawMessage `json:"configs"`
	}
	if err := json.Unmarshal(text, &document); err != nil {
		return nil, err
	}
	if document.Cases == nil {
		return nil, errors.New(`must be an object with a list "cases"`)
	}
	return &File{filepath.Base(path), *document.Cases, &configs{document.Configs, map[string]*engine.FlagSet{}}}, nil
}

// Each computes all cases in their order and gives them by their id, or their index where they have none.
func (file *File) Each(take func(id any, role string, result Result)) {
	for index, one := range file.cases {
		id, _ := one.plain("id")
		if id == nil {
			id = index
		}
		role, err := one.text("role")
		if err != nil {
			role = must
		}
		result, err := one.run(file.configs)
		if err != nil {
			failed := false
			result = Result{Computed: map[string]any{"exception": err.Error()}, OK: &failed}
		}
		take(id, role, result)
	}
}

// Print computes the file and prints a line for each case, then one with the summary.
func (file *File) Print(out io.Writer) (Summary, error) {
	encoder := json.NewEncoder(out)
	summary := Summary{File: file.name, Cases: len(file.cases)}
	var failure error
	file.Each(func(id any, role string, result Result) {
		switch {
		case result.OK == nil:
			summary.Skipped++
		case *result.OK:
			summary.Passed++
		default:
			summary.Failed++
			if role == must {
				summary.MustFailed++
			}
		}
		failure = errors.Join(failure, encoder.Encode(line{id, result.OK, role, result.Computed, result.Skipped}))
	})
	return summary, errors.Join(failure, encoder.Encode(map[string]Summary{"summary": summary}))
}

// Run is the command: all files, one after another. It gives the exit status: 1 if a case with the role `must` fails, 2 for what
// is no file of cases.
func Run(paths []string, out, problems io.Writer) int {
	if len(paths) == 0 {
		fmt.Fprintln(problems, "usage: go run ./cmd/conformance FILE...")
		return 2
	}
	failed := 0
	for _, path := range paths {
		file, err := Open(path)
		if err != nil {
			fmt.Fprintf(problems, "%s: %v\n", path, err)
			return 2
		}
		summary, err := file.Print(out)
		if err != nil {
			fmt.Fprintf(problems, "%s: %v\n", path, err)
			return 2
		}
		failed += summary.MustFailed
	}
	return min(failed, 1)
}
