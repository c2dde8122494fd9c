package main

import "fmt"

const (
	flagCount = 50
	measured  = "flag-7"
)

// attributes are a user: `targetingKey` and five attributes.
type attributes map[string]any

// peer is one engine that holds flagCount flags and answers for the measured one.
type peer struct {
	name    string
	version string
	// note says what differs from the others.
	note string
	// asker makes of a user's attributes what the engine's callers hand it; the function that it gives evaluates with that.
	asker func(attributes) func() bool
	close func()
}

// countries are what the first rule of a flag compares with; a little different in each, so that nothing is shared.
func countries(number int) []any { return []any{"US", "DE", fmt.Sprintf("X%d", number)} }

func key(number int) string { return fmt.Sprintf("flag-%d", number) }

// object is JSON.
type object = map[string]any

func flags(one func(number int) object) object {
	all := object{}
	for number := range flagCount {
		all[key(number)] = one(number)
	}
	return all
}

// changed is a user with some attributes changed.
func (user attributes) changed(names ...any) attributes {
	other := attributes{}
	for name, value := range user {
		other[name] = value
	}
	for at := 0; at < len(names); at += 2 {
		other[names[at].(string)] = names[at+1]
	}
	return other
}

var (
	split = attributes{
		"targetingKey": "user-123456", "country": "US", "plan": "team", "age": 31, "email": "bob@example.com", "version": "1.3.0",
	}
	first  = split.changed("plan", "pro")
	nobody = split.changed("email", "dave@example.org")
	beta   = nobody.changed("email", "erin+beta@example.org")
)

// expected is what each engine must serve before anything is timed.
var expected = []struct {
	user   string
	asked  attributes
	served bool
}{
	{"the first rule", first, true},
	{"the first rule's other country", first.changed("country", "X7"), true},
	{"the second rule and its segment", beta, true},
	{"not the second rule", beta.changed("age", 17), false},
	{"not the segment's country", beta.changed("country", "DE"), false},
	{"not the segment's plan", beta.changed("plan", "free"), false},
	{"not the segment's age", beta.changed("age", 18), false},
	{"not the third rule's version", split.changed("version", "1.1.9"), false},
	{"no rule", nobody, false},
}

const users = 1000

// check is an error unless the peer serves the flag as its rules say, and splits users in halves.
func (peer *peer) check() error {
	for _, each := range expected {
		if served := peer.asker(each.asked)(); served != each.served {
			return fmt.Errorf("%s serves %v to a user of: %s", peer.name, served, each.user)
		}
	}
	half := 0
	for number := range users {
		if peer.asker(split.changed("targetingKey", fmt.Sprintf("user-%d", number)))() {
			half++
		}
	}
	if half < users*4/10 || half > users*6/10 {
		return fmt.Errorf("%s serves the variation of one half to %d of %d users", peer.name, half, users)
	}
	return nil
}
