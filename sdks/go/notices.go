package ff

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
)

// notices is the one goroutine that calls listeners. It compares what is held with what it told last, so that a slow listener
// holds up nothing and nothing piles up.
type notices struct {
	client  *Client
	woken   chan struct{}
	ending  chan struct{}
	ended   chan struct{}
	calling atomic.Bool

	mu        sync.Mutex
	listeners []*listener
	statuses  []*func(Status)

	// state is the goroutine's own.
	state State
}

func newNotices(client *Client) *notices {
	return &notices{
		client: client,
		woken:  make(chan struct{}, 1),
		ending: make(chan struct{}),
		ended:  make(chan struct{}),
	}
}

// wake says that there may be something to tell.
func (n *notices) wake() {
	select {
	case n.woken <- struct{}{}:
	default:
	}
}

func (n *notices) start(times pace.Pace) {
	n.state = StateStarting
	go n.run(times)
}

func (n *notices) run(times pace.Pace) {
	defer close(n.ended)
	look := time.NewTicker(times.Look)
	defer look.Stop()
	for {
		n.tell(false)
		timer := time.NewTimer(n.untilStale(times))
		select {
		case <-n.woken:
		case <-timer.C:
		case <-look.C:
			n.tell(true)
		case <-n.ending:
			timer.Stop()
			n.tell(false)
			return
		}
		timer.Stop()
	}
}

// untilStale is how long it is until the state changes by time alone.
func (n *notices) untilStale(times pace.Pace) time.Duration {
	at, will := n.client.follower.Next()
	if !will {
		return times.Stale
	}
	return max(time.Until(at), time.Millisecond)
}

// tell calls listeners where there is something new; timed: time has passed, which changes answers too.
func (n *notices) tell(timed bool) {
	listeners, statuses := n.all()
	if status := n.client.Status(); status.State != n.state {
		n.state = status.State
		for _, each := range statuses {
			n.call(func() { (*each)(status) })
		}
	}
	current := n.client.follower.Flags()
	changes := map[*engine.FlagSet][]string{}
	for _, each := range listeners {
		before := each.told
		each.told = current
		keys, known := changes[before]
		if !known {
			keys = keysThatDiffer(before, current)
			changes[before] = keys
		}
		switch {
		case each.named && (timed || len(keys) > 0):
			n.call(func() { each.look(n.client) })
		case !each.named && len(keys) > 0:
			n.call(func() { each.changed(keys) })
		}
	}
}

// keysThatDiffer has all keys where nothing was held before.
func keysThatDiffer(before, after *engine.FlagSet) []string {
	switch {
	case after == before:
		return nil
	case before == nil:
		return after.Keys()
	}
	return after.ChangedSince(before)
}

// call keeps what a listener does wrong away from all others.
func (n *notices) call(listener func()) {
	n.calling.Store(true)
	defer n.calling.Store(false)
	defer func() {
		if unforeseen := recover(); unforeseen != nil {
			n.client.config.Logger.Error("a listener has panicked", "reason", fmt.Sprint(unforeseen))
		}
	}()
	listener()
}

func (n *notices) all() ([]*listener, []*func(Status)) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return slices.Clone(n.listeners), slices.Clone(n.statuses)
}

func (n *notices) addListener(made *listener) (stop func()) {
	made.told = n.client.follower.Flags()
	if made.named {
		made.answers = n.client.answersFor(made)
	}
	n.mu.Lock()
	n.listeners = append(n.listeners, made)
	n.mu.Unlock()
	n.wake()
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.listeners = slices.DeleteFunc(n.listeners, func(each *listener) bool { return each == made })
	}
}

func (n *notices) addStatus(made func(Status)) (stop func()) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.statuses = append(n.statuses, &made)
	return func() {
		n.mu.Lock()
		defer n.mu.Unlock()
		n.statuses = slices.DeleteFunc(n.statuses, func(each *func(Status)) bool { return each == &made })
	}
}

// close ends the goroutine. Whoever closes the client in a listener does not wait for that listener.
func (n *notices) close(ctx context.Context) {
	close(n.ending)
	if n.calling.Load() {
		return
	}
	select {
	case <-n.ended:
	case <-ctx.Done():
	}
}
