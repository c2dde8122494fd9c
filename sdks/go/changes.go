package ff

import (
	"reflect"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

// Change is what a listener of OnChange is told.
type Change struct {
	// Flags are the keys of flags and remote configs whose answers may be other ones for somebody. Of a listener that named
	// a user it is the one flag whose answer for that user is another one.
	Flags []string
	// User, Before and After are the user that the listener named, and both answers; nil without one.
	User          any
	Before, After *Detail
}

// ChangeOption says what a listener wants to know.
type ChangeOption func(*listener)

// OfFlag is about one flag or remote config; several of them about several.
func OfFlag(key string) ChangeOption {
	return func(l *listener) { l.flags = append(l.flags, key) }
}

// ForUser is about what one user is served: told is each flag whose value, variant or reason becomes another one for that user.
func ForUser(user any) ChangeOption {
	return func(l *listener) { l.user, l.named = user, true }
}

// OnChange calls a listener with what changes from now on, of all flags or those of the options, until stop is called. All
// listeners are called one after another by one goroutine; changes that come meanwhile are told together.
func (c *Client) OnChange(tell func(Change), options ...ChangeOption) (stop func()) {
	made := &listener{tell: tell, answers: map[string]Detail{}}
	for _, option := range options {
		option(made)
	}
	return c.notices.addListener(made)
}

// listener is one of OnChange. answers are those that its user was served when it was looked last, told is what it was told of last: at
// first what was held when it came.
type listener struct {
	tell    func(Change)
	flags   []string
	user    any
	named   bool
	answers map[string]Detail
	told    *engine.FlagSet
}

func (l *listener) wants(key string) bool {
	if len(l.flags) == 0 {
		return true
	}
	for _, each := range l.flags {
		if each == key {
			return true
		}
	}
	return false
}

// changed tells a listener without a user which of the keys it wants.
func (l *listener) changed(keys []string) {
	var wanted []string
	for _, key := range keys {
		if l.wants(key) {
			wanted = append(wanted, key)
		}
	}
	if len(wanted) > 0 {
		l.tell(Change{Flags: wanted})
	}
}

// look compares what its user is served now with before.
func (l *listener) look(c *Client) {
	for key, now := range c.answersFor(l) {
		before, known := l.answers[key]
		l.answers[key] = now
		if !known {
			before = Detail{Flag: key, Reason: ReasonError, ErrorCode: FlagNotFound}
		}
		if !sameAnswer(before, now) {
			l.tell(Change{Flags: []string{key}, User: l.user, Before: &before, After: &now})
		}
	}
}

func sameAnswer(a, b Detail) bool {
	return a.Variant == b.Variant && a.Reason == b.Reason && a.ErrorCode == b.ErrorCode && reflect.DeepEqual(a.Value, b.Value)
}

// answersFor are those of the flags that a listener wants, those that are gone included; uncounted.
func (c *Client) answersFor(l *listener) map[string]Detail {
	told := map[string]Detail{}
	flags := c.follower.Flags()
	if flags == nil {
		return told
	}
	subject, understood := c.read(l.user)
	defer subject.done()
	now := time.Now()
	answer := func(key string) {
		told[key] = c.detail(c.evaluated(key, subject, understood, anyKind, now), subject.context, nil)
	}
	for _, key := range flags.Keys() {
		if l.wants(key) {
			answer(key)
		}
	}
	for key := range l.answers {
		if _, there := told[key]; !there {
			answer(key)
		}
	}
	return told
}
