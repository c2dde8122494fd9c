package events

import (
	"maps"
	"sync"
	"sync/atomic"
)

// Why an event is lost.
const (
	QueueFull = "queue_full"
	Refused   = "refused"
	Rejected  = "rejected"
	TooLarge  = "too_large"
	Invalid   = "invalid"
	Closed    = "closed"
	Offline   = "offline"
)

// eventMax is the longest event that an ingestor takes.
const eventMax = 32 << 10

// waitingBytesMax is how much may wait, however few events that are.
const waitingBytesMax = 64 << 20

// Counts is what became of events.
type Counts struct {
	Queued, Sent int64
	Dropped      map[string]int64
}

// queue holds events as JSON until they are sent. Nobody who adds one waits.
type queue struct {
	waiting chan []byte
	size    int64
	held    atomic.Int64
	bytes   atomic.Int64
	sent    atomic.Int64
	closed  atomic.Bool

	mu      sync.Mutex
	dropped map[string]int64
}

func newQueue(size int) *queue {
	return &queue{waiting: make(chan []byte, size), size: int64(size), dropped: map[string]int64{}}
}

// offer takes an event, or drops and counts it.
func (q *queue) offer(event []byte) bool {
	switch {
	case q.closed.Load():
		q.drop(Closed, 1)
		return false
	case len(event) > eventMax:
		q.drop(TooLarge, 1)
		return false
	}
	if q.held.Add(1) > q.size || q.bytes.Add(int64(len(event))) > waitingBytesMax {
		q.leave(event)
		q.drop(QueueFull, 1)
		return false
	}
	// There is room: no more are held than the channel takes.
	q.waiting <- event
	return true
}

// leave is the end of an event that was held.
func (q *queue) leave(events ...[]byte) {
	q.held.Add(-int64(len(events)))
	for _, each := range events {
		q.bytes.Add(-int64(len(each)))
	}
}

func (q *queue) drop(reason string, count int64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.dropped[reason] += count
}

func (q *queue) counts() Counts {
	q.mu.Lock()
	defer q.mu.Unlock()
	return Counts{Queued: max(q.held.Load(), 0), Sent: q.sent.Load(), Dropped: maps.Clone(q.dropped)}
}
