package ff

import (
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/events"
	"github.com/feature-flag-platform/sdk/go/internal/follow"
)

// State is how far the configuration can be relied on.
type State string

// The values of State.
const (
	// StateStarting: nothing is held yet.
	StateStarting State = "starting"
	// StateReady: what is held was confirmed within the last 60 s, or has come within them.
	StateReady State = "ready"
	// StateStale: nothing was confirmed for 60 s; evaluations go on.
	StateStale State = "stale"
	// StateRefused: the key is refused, or the client is not configured; no edge is asked any more.
	StateRefused State = "refused"
	// StateClosed: the client was closed.
	StateClosed State = "closed"
	// StateOffline: no edge is ever asked.
	StateOffline State = "offline"
)

// Status is how a client stands.
type Status struct {
	State State
	// Version is the config version that is held, 0 for none.
	Version int64
	// Since is when this state began, ConfirmedAt when an edge last confirmed what is held (zero: never).
	Since, ConfirmedAt time.Time
	// Source is where what is held came from: bootstrap, store, edge or none.
	Source string
	// Mode is how changes come: stream, poll or none.
	Mode string
	// Endpoint is the edge that is asked.
	Endpoint string
	// LastError is the last failure, empty for none so far.
	LastError string
	Events    EventCounts
}

// EventCounts is what became of events: Queued ones wait, Sent ones were taken, Dropped ones are lost, by reason.
type EventCounts struct {
	Queued, Sent int64
	Dropped      map[string]int64
}

// Status is how the client stands now.
func (c *Client) Status() Status {
	standing := c.follower.Standing()
	told := statusOf(standing, c.events.Counts())
	if flags := c.follower.Flags(); flags != nil {
		told.Version = flags.Version()
	}
	return told
}

func statusOf(standing follow.Standing, counts events.Counts) Status {
	return Status{
		State:       State(standing.State),
		Since:       standing.Since,
		ConfirmedAt: standing.Confirmed,
		Source:      standing.Source,
		Mode:        standing.Mode,
		Endpoint:    standing.Endpoint,
		LastError:   standing.LastError,
		Events:      EventCounts(counts),
	}
}

// OnStatus calls a listener with each other State from now on, one after another, until stop is called.
func (c *Client) OnStatus(listener func(Status)) (stop func()) {
	return c.notices.addStatus(listener)
}
