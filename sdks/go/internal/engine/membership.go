package engine

import "github.com/feature-flag-platform/sdk/go/internal/values"

// holds says whether a condition holds. With a fault in the run its answer doesn't count.
type holds func(run *run) bool

// membership says who is in a segment.
type membership func(run *run) bool

// compiler turns entities into functions. One that is `traced` makes functions that tell their steps.
type compiler struct {
	traced bool
}

// path is the path of a step, which only an explanation needs.
func (compiler compiler) path(path, name string) string {
	if !compiler.traced {
		return ""
	}
	return at(path, name)
}

func (compiler compiler) indexed(path string, index int) string {
	if !compiler.traced {
		return ""
	}
	return indexed(path, index)
}

// condition compiles a condition of which checkCondition found nothing wrong.
func (compiler compiler) condition(condition *condition, path string) holds {
	plain := compiler.untold(condition, path)
	if !compiler.traced {
		return plain
	}
	return func(run *run) bool {
		matched := plain(run)
		if run.fault == nil {
			run.trace.tell(path, matched)
		}
		return matched
	}
}

func (compiler compiler) untold(condition *condition, path string) holds {
	switch condition.form {
	case comparison:
		return compared(condition)
	case inSegment:
		key := condition.segment
		return func(run *run) bool { return run.isIn(key) }
	case negation:
		inner := compiler.condition(condition.parts[0], compiler.path(path, "not"))
		return func(run *run) bool { return !inner(run) }
	case allOf:
		return all(compiler.parts(condition, compiler.path(path, "and")))
	default:
		return some(compiler.parts(condition, compiler.path(path, "or")))
	}
}

func (compiler compiler) parts(condition *condition, path string) []holds {
	parts := make([]holds, len(condition.parts))
	for index, part := range condition.parts {
		parts[index] = compiler.condition(part, compiler.indexed(path, index))
	}
	return parts
}

func all(parts []holds) holds {
	if len(parts) == 1 {
		return parts[0]
	}
	if len(parts) == 2 {
		first, second := parts[0], parts[1]
		return func(run *run) bool { return first(run) && second(run) }
	}
	return func(run *run) bool {
		for _, part := range parts {
			if !part(run) {
				return false
			}
		}
		return true
	}
}

func some(parts []holds) holds {
	if len(parts) == 1 {
		return parts[0]
	}
	return func(run *run) bool {
		for _, part := range parts {
			if part(run) {
				return true
			}
		}
		return false
	}
}

func compared(condition *condition) holds {
	attribute := condition.attribute
	switch condition.operator {
	case existsOperator:
		return func(run *run) bool { return attribute.of(run.context) != nil }
	case notExistsOperator:
		return func(run *run) bool { return attribute.of(run.context) == nil }
	}
	passes, negated := condition.passes, condition.negated
	return func(run *run) bool {
		value := attribute.of(run.context)
		if value == nil {
			return false
		}
		if elements, isList := value.([]any); isList {
			return anyPasses(elements, passes) != negated
		}
		return passes(value) != negated
	}
}

// anyPasses says whether an element passes; null and what is nested pass nothing.
func anyPasses(elements []any, passes test) bool {
	for _, element := range elements {
		if value := values.Normal(element); value != nil && passes(value) {
			return true
		}
	}
	return false
}

// isIn says whether the context is in a segment; it is worked out once in an evaluation.
func (run *run) isIn(key string) bool {
	segment := run.set.segments[key]
	if segment == nil || segment.member == nil {
		run.fail(ParseError, "there is no segment "+quoted(key))
		return false
	}
	switch state, _ := run.members.get(segment); state {
	case isMember:
		return true
	case isNoMember:
		return false
	case unfinished:
		run.fail(General, "segments name each other in a cycle")
		return false
	}
	if len(segment.named) > 0 {
		run.members.put(segment, unfinished)
	}
	trace := run.trace
	run.trace = nil
	member := segment.member(run)
	run.trace = trace
	state := isNoMember
	if member {
		state = isMember
	}
	run.members.put(segment, state)
	return member
}

// membership compiles a segment: excluded, then included, then the condition.
func (compiler compiler) membership(segment *segment) membership {
	var when holds
	if segment.when != nil {
		when = compiler.condition(segment.when, "if")
	}
	if len(segment.included) == 0 && len(segment.excluded) == 0 && segment.longList == nil {
		if when == nil {
			return func(*run) bool { return false }
		}
		return membership(when)
	}
	return func(run *run) bool {
		listed := segment.standing(run)
		if run.fault != nil {
			return false
		}
		if run.trace != nil {
			run.trace.tell("excluded", listed == isExcluded)
			run.trace.tell("included", listed == isIncluded)
		}
		switch listed {
		case isExcluded:
			return false
		case isIncluded:
			return true
		default:
			return when != nil && when(run)
		}
	}
}

type listing uint8

const (
	notListed listing = iota
	isIncluded
	isExcluded
)

// standing looks the targeting key up in the short and the long lists; without a usable one nobody is listed.
func (segment *segment) standing(run *run) listing {
	unit, ok := run.targetingUnit()
	if !ok {
		return notListed
	}
	long := notListed
	if segment.longList != nil {
		if long, ok = segment.longList.standing(unit); !ok {
			run.fail(ParseError, "a chunk of a segment's long list is not here")
			return notListed
		}
	}
	if _, found := segment.excluded[unit]; found || long == isExcluded {
		return isExcluded
	}
	if _, found := segment.included[unit]; found || long == isIncluded {
		return isIncluded
	}
	return notListed
}
