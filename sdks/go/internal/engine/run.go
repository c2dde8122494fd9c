package engine

import (
	"sync"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// run is one evaluation: what is asked, and what has been found so far.
type run struct {
	set     *FlagSet
	context map[string]any
	now     int64
	// fault ends the evaluation; whoever asks a condition looks at it afterwards.
	fault *fault
	// unit is the targeting key's, once it was read.
	unit      string
	unitState unitState
	members   memo[*segment, membershipState]
	served    memo[*item, *Decision]
	// positions are those of a remote config's overrides that match.
	positions []int64
	// trace is told each step of an explanation, but none of what prerequisites and segments do; nil else.
	trace trace
}

type fault struct {
	code    ErrorCode
	message string
}

type unitState uint8

const (
	unread unitState = iota
	usable
	unusable
)

type membershipState uint8

const (
	unfinished membershipState = iota + 1
	isMember
	isNoMember
)

var runs = sync.Pool{New: func() any { return new(run) }}

func newRun(set *FlagSet, context map[string]any, now int64) *run {
	run := runs.Get().(*run)
	run.set, run.context, run.now = set, context, now
	return run
}

// done gives it back for the next evaluation, with the tables that it has grown.
func (run *run) done() {
	run.set, run.context, run.fault, run.trace = nil, nil, nil, nil
	run.unit, run.unitState = "", unread
	run.members.clear()
	run.served.clear()
	runs.Put(run)
}

// fail ends the evaluation; the first fault counts.
func (run *run) fail(code ErrorCode, message string) {
	if run.fault == nil {
		run.fault = &fault{code, message}
	}
}

// targetingUnit is the text of the targeting key; false if it can't be a unit.
func (run *run) targetingUnit() (string, bool) {
	if run.unitState == unread {
		unit, ok := run.context[targetingKey].(string)
		if !ok {
			unit, ok = values.Unit(values.Normal(run.context[targetingKey]))
		}
		run.unit, run.unitState = unit, unusable
		if ok {
			run.unitState = usable
		}
	}
	return run.unit, run.unitState == usable
}

// memo is a small table: a list while it is short, since most evaluations ask for very few.
type memo[Key comparable, Value any] struct {
	keys   []Key
	values []Value
	table  map[Key]Value
}

const memoListMax = 16

func (memo *memo[Key, Value]) get(key Key) (Value, bool) {
	if memo.table != nil {
		value, ok := memo.table[key]
		return value, ok
	}
	for index, each := range memo.keys {
		if each == key {
			return memo.values[index], true
		}
	}
	var none Value
	return none, false
}

func (memo *memo[Key, Value]) put(key Key, value Value) {
	if memo.table != nil {
		memo.table[key] = value
		return
	}
	for index, each := range memo.keys {
		if each == key {
			memo.values[index] = value
			return
		}
	}
	if len(memo.keys) < memoListMax {
		memo.keys, memo.values = append(memo.keys, key), append(memo.values, value)
		return
	}
	memo.table = make(map[Key]Value, 2*memoListMax)
	for index, each := range memo.keys {
		memo.table[each] = memo.values[index]
	}
	memo.table[key] = value
}

func (memo *memo[Key, Value]) clear() {
	if len(memo.keys) == 0 {
		return
	}
	clear(memo.keys)
	clear(memo.values)
	memo.keys, memo.values, memo.table = memo.keys[:0], memo.values[:0], nil
}
