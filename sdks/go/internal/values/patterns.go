package values

import (
	"fmt"
	"regexp"
	"strings"
	"unicode"
)

const patternBytesMax = 1024

// CompilePattern gives a pattern that is found anywhere in a text; `$` is the end of the text only. The error is of one that RE2
// refuses, of more than 1,024 bytes.
func CompilePattern(pattern string) (*regexp.Regexp, error) {
	pattern = WellFormed(pattern)
	if len(pattern) > patternBytesMax {
		return nil, fmt.Errorf("a pattern has at most %d bytes, this one has %d", patternBytesMax, len(pattern))
	}
	if name, ok := foreignClass(pattern); ok {
		return nil, fmt.Errorf("not an RE2 pattern: invalid character class range: %s", name)
	}
	compiled, err := regexp.Compile(pattern)
	if err != nil {
		return nil, fmt.Errorf("not an RE2 pattern: %w", err)
	}
	return compiled, nil
}

// goClasses are names of \p{...} that Go knows and RE2 doesn't.
var goClasses = map[string]bool{"Cn": true, "LC": true}

// foreignClass finds a \p{name} that is none of RE2: Go takes aliases, which differ by its version.
func foreignClass(pattern string) (string, bool) {
	for at := 0; at+1 < len(pattern); at++ {
		if pattern[at] != '\\' {
			continue
		}
		at++
		if pattern[at] == 'Q' {
			_, after, ended := strings.Cut(pattern[at:], `\E`)
			if !ended {
				return "", false
			}
			at = len(pattern) - len(after) - 1
			continue
		}
		if pattern[at] != 'p' && pattern[at] != 'P' || at+1 >= len(pattern) || pattern[at+1] != '{' {
			continue
		}
		name, _, closed := strings.Cut(pattern[at+2:], "}")
		if closed && !isClass(strings.TrimPrefix(name, "^")) {
			return `\` + pattern[at:at+2] + name + "}", true
		}
	}
	return "", false
}

func isClass(name string) bool {
	if name == "Any" {
		return true
	}
	_, isCategory := unicode.Categories[name]
	_, isScript := unicode.Scripts[name]
	return (isCategory || isScript) && !goClasses[name]
}
