package follow

import (
	"sync"
	"time"
)

// State is how far the configuration can be relied on.
type State string

// The values of State.
const (
	Starting State = "starting"
	Ready    State = "ready"
	Stale    State = "stale"
	Refused  State = "refused"
	Closed   State = "closed"
	Offline  State = "offline"
)

// Where what is held came from.
const (
	FromNone      = "none"
	FromBootstrap = "bootstrap"
	FromStore     = "store"
	FromEdge      = "edge"
)

// How changes come.
const (
	ByNone   = "none"
	ByStream = "stream"
	ByPoll   = "poll"
)

// Standing is a client's state at one moment. Confirmed is zero while no edge has confirmed anything.
type Standing struct {
	State            State
	Since, Confirmed time.Time
	Source, Mode     string
	Endpoint         string
	LastError        string
}

// standing is the state as it goes on. told is called without a lock after each change of State.
type standing struct {
	stale time.Duration
	told  func()

	mu  sync.Mutex
	now Standing
}

func newStanding(stale time.Duration, told func()) *standing {
	return &standing{stale: stale, told: told, now: Standing{State: Starting, Since: time.Now(), Source: FromNone, Mode: ByNone}}
}

// read is the state now: ready turns stale by time alone.
func (s *standing) read() Standing {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.now
	if at, stale := s.staleAt(); stale {
		now.State, now.Since = Stale, at
	}
	return now
}

// staleAt is when what is held turns or has turned stale, and whether it has. An edge that never confirmed anything has as
// long as one that did.
func (s *standing) staleAt() (time.Time, bool) {
	at := s.now.Confirmed
	if at.IsZero() {
		at = s.now.Since
	}
	at = at.Add(s.stale)
	return at, s.now.State == Ready && !time.Now().Before(at)
}

// next is when the state changes by time alone; false if it doesn't.
func (s *standing) next() (time.Time, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	at, stale := s.staleAt()
	return at, s.now.State == Ready && !stale
}

// change edits the state under the lock.
func (s *standing) change(edit func(now *Standing)) {
	s.mu.Lock()
	before := s.now.State
	edit(&s.now)
	after := s.now.State
	if before != after {
		s.now.Since = time.Now()
	}
	s.mu.Unlock()
	if before != after {
		s.told()
	}
}

// held says that there is a configuration.
func (s *standing) held(source string) {
	s.change(func(now *Standing) {
		now.Source = source
		if now.State == Starting {
			now.State = Ready
		}
	})
}

// confirmed says that an edge has just said that what is held is right.
func (s *standing) confirmed() {
	s.change(func(now *Standing) {
		if _, stale := s.staleAt(); stale {
			now.Since = time.Now()
		}
		now.Confirmed = time.Now()
	})
	s.told()
}

// ended says that no more is asked for, and why.
func (s *standing) ended(state State) {
	s.change(func(now *Standing) {
		if now.State != Closed {
			now.State = state
		}
		now.Mode = ByNone
	})
}

func (s *standing) failed(err error) {
	s.change(func(now *Standing) { now.LastError = err.Error() })
}

func (s *standing) asks(endpoint string) {
	s.change(func(now *Standing) { now.Endpoint = endpoint })
}

func (s *standing) by(mode, endpoint string) {
	s.change(func(now *Standing) { now.Mode, now.Endpoint = mode, endpoint })
}
