// Package pace holds the times that a client keeps: how long it waits for an answer, and between attempts.
package pace

import (
	"sync/atomic"
	"time"
)

// Pace is all times of one client. docs/sdks.md says why they are what they are.
type Pace struct {
	// Connect is how long a connection may take, Answer how long an answer may begin or stand still, Document how
	// long a whole document may take.
	Connect, Answer, Document time.Duration
	// RetryFirst is the first window of full jitter, RetryMax the largest.
	RetryFirst, RetryMax time.Duration
	// Steady is how long a connection has lived when the count of attempts starts anew.
	Steady time.Duration
	// Silence is how long a stream may say nothing.
	Silence time.Duration
	// Stale is how old a confirmation may become.
	Stale time.Duration
	// Return is when what is preferred is tried again: the first endpoint, and the stream while polling.
	Return time.Duration
	// Refresh is how old what is known of the environment may become.
	Refresh time.Duration
	// EventRetryMax is the largest window between two attempts for a batch of events.
	EventRetryMax time.Duration
	// Exposure is how long the same exposure is not told again.
	Exposure time.Duration
	// Usage is how often counts of evaluations are told.
	Usage time.Duration
	// Look is how often answers of listeners' users are compared, as time alone changes some.
	Look time.Duration
}

// Standard is the pace of every client that no test hurries.
func Standard() Pace {
	return Pace{
		Connect:       5 * time.Second,
		Answer:        10 * time.Second,
		Document:      30 * time.Second,
		RetryFirst:    time.Second,
		RetryMax:      30 * time.Second,
		Steady:        time.Minute,
		Silence:       45 * time.Second,
		Stale:         time.Minute,
		Return:        5 * time.Minute,
		Refresh:       10 * time.Minute,
		EventRetryMax: 5 * time.Minute,
		Exposure:      10 * time.Minute,
		Usage:         time.Minute,
		Look:          5 * time.Second,
	}
}

var chosen atomic.Pointer[Pace]

// Use makes the clients that are made from now on keep another pace; for the driver, whose tests take seconds.
func Use(other Pace) { chosen.Store(&other) }

// Current is the pace that a new client keeps.
func Current() Pace {
	if other := chosen.Load(); other != nil {
		return *other
	}
	return Standard()
}
