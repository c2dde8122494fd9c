package engine

import (
	"fmt"
	"strings"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

const (
	literalBytesMax = 4_096
	literalListMax  = 10_000
)

// test says whether a present value that is no list passes; false for one of a wrong type.
type test func(value any) bool

// operator is one row of the table: `prepare` checks a literal and gives the positive test; a negated operator is that test's
// negation on a present attribute. The error is of a literal that it can't use.
type operator struct {
	prepare func(literal any) (test, error)
	negated bool
}

// operators are all but exists and not_exists, which speak of absence.
var operators = map[string]operator{
	"eq":           {equal, false},
	"ne":           {equal, true},
	"in":           {oneOf, false},
	"not_in":       {oneOf, true},
	"gt":           {ordered(func(order int) bool { return order > 0 }), false},
	"gte":          {ordered(func(order int) bool { return order >= 0 }), false},
	"lt":           {ordered(func(order int) bool { return order < 0 }), false},
	"lte":          {ordered(func(order int) bool { return order <= 0 }), false},
	"contains":     {textual(strings.Contains), false},
	"not_contains": {textual(strings.Contains), true},
	"starts_with":  {textual(strings.HasPrefix), false},
	"ends_with":    {textual(strings.HasSuffix), false},
	"matches":      {pattern, false},
	"semver_eq":    {version(func(order int) bool { return order == 0 }), false},
	"semver_gt":    {version(func(order int) bool { return order > 0 }), false},
	"semver_gte":   {version(func(order int) bool { return order >= 0 }), false},
	"semver_lt":    {version(func(order int) bool { return order < 0 }), false},
	"semver_lte":   {version(func(order int) bool { return order <= 0 }), false},
	"before":       {instant(func(order int) bool { return order < 0 }), false},
	"after":        {instant(func(order int) bool { return order > 0 }), false},
	"in_cidr":      {networks, false},
}

const (
	existsOperator    = "exists"
	notExistsOperator = "not_exists"
)

func isPresence(operator string) bool {
	return operator == existsOperator || operator == notExistsOperator
}

func literalText(literal any) (string, error) {
	text, ok := literal.(string)
	if !ok {
		return "", fmt.Errorf("must be a string")
	}
	if len(text) > literalBytesMax {
		return "", fmt.Errorf("must have at most %d bytes", literalBytesMax)
	}
	return text, nil
}

func finite(literal any) (values.Number, bool) {
	number, ok := values.NumberOf(literal)
	return number, ok && number.IsFinite()
}

func equal(literal any) (test, error) {
	if wanted, ok := literal.(bool); ok {
		return func(value any) bool { return value == wanted }, nil
	}
	if wanted, ok := finite(literal); ok {
		return func(value any) bool {
			number, ok := values.NumberOf(value)
			order, comparable := number.Compare(wanted)
			return ok && comparable && order == 0
		}, nil
	}
	if _, ok := literal.(string); !ok {
		return nil, fmt.Errorf("must be a string, a number or a boolean")
	}
	wanted, err := literalText(literal)
	return func(value any) bool {
		text, ok := value.(string)
		return ok && text == wanted
	}, err
}

// members are the elements of a list of texts, numbers and booleans.
type members struct {
	texts    map[string]struct{}
	numbers  values.NumberSet
	booleans [2]bool
}

func oneOf(literal any) (test, error) {
	elements, ok := literal.([]any)
	if !ok {
		return nil, fmt.Errorf("must be a list of strings, numbers and booleans")
	}
	if len(elements) > literalListMax {
		return nil, fmt.Errorf("must have at most %d elements", literalListMax)
	}
	all := &members{texts: map[string]struct{}{}}
	for index, element := range elements {
		if err := all.add(element); err != nil {
			return nil, fmt.Errorf("element %d %w", index, err)
		}
	}
	return all.hold, nil
}

func (members *members) add(element any) error {
	switch element := element.(type) {
	case bool:
		members.booleans[indexOf(element)] = true
		return nil
	case string:
		text, err := literalText(element)
		members.texts[text] = struct{}{}
		return err
	}
	number, ok := finite(element)
	if !ok {
		return fmt.Errorf("must be a string, a number or a boolean")
	}
	members.numbers.Add(number)
	return nil
}

func indexOf(value bool) int {
	if value {
		return 1
	}
	return 0
}

func (members *members) hold(value any) bool {
	switch value := value.(type) {
	case string:
		_, found := members.texts[value]
		return found
	case bool:
		return members.booleans[indexOf(value)]
	}
	number, ok := values.NumberOf(value)
	return ok && members.numbers.Holds(number)
}

func ordered(passes func(order int) bool) func(any) (test, error) {
	return func(literal any) (test, error) {
		bound, ok := finite(literal)
		if !ok {
			return nil, fmt.Errorf("must be a number")
		}
		return func(value any) bool {
			number, ok := values.NumberOf(value)
			if !ok {
				return false
			}
			order, comparable := number.Compare(bound)
			return comparable && passes(order)
		}, nil
	}
}

func textual(passes func(text, wanted string) bool) func(any) (test, error) {
	return func(literal any) (test, error) {
		wanted, err := literalText(literal)
		return func(value any) bool {
			text, ok := value.(string)
			return ok && passes(text, wanted)
		}, err
	}
}

func pattern(literal any) (test, error) {
	text, err := literalText(literal)
	if err != nil {
		return nil, err
	}
	compiled, err := values.CompilePattern(text)
	if err != nil {
		return nil, err
	}
	return func(value any) bool {
		text, ok := value.(string)
		return ok && compiled.MatchString(values.WellFormed(text))
	}, nil
}

func version(passes func(order int) bool) func(any) (test, error) {
	return func(literal any) (test, error) {
		text, err := literalText(literal)
		if err != nil {
			return nil, err
		}
		bound, ok := values.ParseVersion(text)
		if !ok {
			return nil, fmt.Errorf("must be a semantic version, like 1.4.0 or 2.0.0-rc.1")
		}
		return func(value any) bool {
			text, ok := value.(string)
			if !ok {
				return false
			}
			version, ok := values.ParseVersion(text)
			return ok && passes(version.Compare(bound))
		}, nil
	}
}

func instant(passes func(order int) bool) func(any) (test, error) {
	return func(literal any) (test, error) {
		bound, ok := values.InstantOf(literal)
		if !ok {
			return nil, fmt.Errorf("must be a date with time and offset (2026-01-05T10:00:00Z) or epoch milliseconds")
		}
		return func(value any) bool {
			instant, ok := values.InstantOf(value)
			return ok && passes(instant.Compare(bound))
		}, nil
	}
}

func networks(literal any) (test, error) {
	elements, isList := literal.([]any)
	if !isList {
		elements = []any{literal}
	}
	if len(elements) > literalListMax {
		return nil, fmt.Errorf("must have at most %d elements", literalListMax)
	}
	blocks := &values.Networks{}
	for index, element := range elements {
		if text, ok := element.(string); !ok || !blocks.Add(text) {
			where := ""
			if isList {
				where = fmt.Sprintf("element %d ", index)
			}
			return nil, fmt.Errorf("%smust be an address or a CIDR block, like 10.0.0.0/8", where)
		}
	}
	return func(value any) bool {
		text, ok := value.(string)
		return ok && blocks.Holds(text)
	}, nil
}
