// Package wall reads the clock on the wall: what is evaluated and told by it. What waits goes by the monotonic part of a
// time.Time, which a jump of the wall doesn't move.
package wall

import (
	"sync/atomic"
	"time"
)

var ahead atomic.Int64

// Milliseconds since the Unix epoch, as the wall shows them at a moment that time.Now gave.
func Milliseconds(moment time.Time) int64 {
	return moment.UnixMilli() + ahead.Load()/int64(time.Millisecond)
}

// Shown is what the wall shows at a moment that time.Now gave. It has no monotonic part.
func Shown(moment time.Time) time.Time {
	return moment.Round(0).Add(time.Duration(ahead.Load()))
}

// Jump moves the wall by so much from where it is: for trials, as who sets a machine's clock does.
func Jump(by time.Duration) {
	ahead.Add(int64(by))
}
