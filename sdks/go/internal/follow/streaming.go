package follow

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/edge"
)

// errElsewhere: a change does not follow what is held, or can't be put onto it.
var errElsewhere = errors.New("a change does not follow the configuration that is held")

// ending is how a stream ended. told: it has said something. home: the first endpoint is there again.
type ending struct {
	told, home bool
	err        error
}

// stream reads a stream to its end and takes what comes.
func (f *Follower) stream(ctx context.Context, address string) ending {
	reading := reading{follower: f, ctx: ctx, address: address, following: f.id != ""}
	within, stop := context.WithCancel(ctx)
	defer stop()
	var home atomic.Bool
	watch := f.watchHome(within, func() {
		home.Store(true)
		stop()
	})
	defer watch()
	err := f.options.Edge.Stream(within, address, f.id, reading.take)
	if reading.err != nil {
		err = reading.err
	}
	return ending{told: reading.told, home: home.Load(), err: err}
}

// watchHome calls back when the first endpoint answers again, while another one is followed. The function it gives ends the watch.
func (f *Follower) watchHome(ctx context.Context, back func()) (end func()) {
	first, in, away := f.options.Endpoints.Away()
	if !away {
		return func() {}
	}
	ctx, cancel := context.WithCancel(ctx)
	f.working.Add(1)
	go func() {
		defer f.working.Done()
		timer := time.NewTimer(in)
		defer timer.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-timer.C:
			}
			if _, err := f.options.Edge.Environment(ctx, first); err == nil {
				f.options.Endpoints.Home()
				back()
				return
			}
			f.options.Endpoints.Stay()
			timer.Reset(f.options.Pace.Return)
		}
	}()
	return cancel
}

// reading is a stream that is read. following: its changes follow what is held.
type reading struct {
	follower  *Follower
	ctx       context.Context
	address   string
	following bool
	told      bool
	err       error
}

// take takes an event; false ends the stream.
func (r *reading) take(event edge.Event) bool {
	f := r.follower
	if event.Window != 0 {
		f.window = event.Window
		f.standing.by(ByStream, r.address)
	}
	if event.Heartbeat() {
		if event.Window == 0 {
			r.heard()
		}
		return true
	}
	switch event.Kind {
	case "snapshot":
		r.err = r.snapshot(event)
	case "change":
		r.err = r.change(event)
	}
	if r.err == nil {
		r.heard()
	}
	return r.err == nil
}

// heard: the stream passes; and if it follows, what is held is right.
func (r *reading) heard() {
	f := r.follower
	if !r.told {
		r.told = true
		if !f.options.Poll {
			f.polling = false
		}
		f.standing.by(ByStream, r.address)
		f.calm(r.address)
	}
	if r.following {
		f.standing.confirmed()
	}
}

func (r *reading) snapshot(event edge.Event) error {
	f := r.follower
	if event.ID != "" && event.ID == f.id {
		r.following = true
		return nil
	}
	err := f.takeDocument(r.ctx, r.address, event.Data, event.ID, "")
	if errors.Is(err, errOlder) {
		// The edge lags behind; when it has caught up it says so by a change, and then the document is read.
		f.standing.failed(fmt.Errorf("%s: %w", r.address, err))
		r.following = false
		return nil
	}
	r.following = err == nil
	return err
}

func (r *reading) change(event edge.Event) error {
	if !r.following {
		return errElsewhere
	}
	return r.follower.takeChange(r.ctx, r.address, event.Data, event.ID)
}
