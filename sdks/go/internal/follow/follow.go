// Package follow keeps the newest configuration: from a bootstrap, a store, an edge's document and its stream.
package follow

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/edge"
	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
	"github.com/feature-flag-platform/sdk/go/internal/retry"
	"github.com/feature-flag-platform/sdk/go/internal/store"
)

// failuresMax is after how many streams in a row that told nothing the configuration is polled.
const failuresMax = 3

// Options of a Follower.
type Options struct {
	Edge      *edge.Edge
	Endpoints *edge.Endpoints
	// Poll: never by stream. Interval is between two polls, in either case.
	Poll     bool
	Interval time.Duration
	Store    *store.Folder
	Logger   *slog.Logger
	Pace     pace.Pace
	// Changed is called when another configuration is held, or the state is another one; it does not wait.
	Changed func()
	// Refused is called once when the key is.
	Refused func()
}

// Follower holds the newest configuration.
type Follower struct {
	options     Options
	flags       atomic.Pointer[engine.FlagSet]
	environment atomic.Pointer[known]
	standing    *standing
	settled     chan struct{}
	settle      func()
	keeper      *keeper
	restored    restored
	cancel      context.CancelFunc
	working     sync.WaitGroup
	defects     defects

	// What follows is the one goroutine's own.

	// id and etag are what an edge calls what is held; empty for what no edge gave.
	id, etag string
	// answered: an edge has given a document since the start.
	answered bool
	// attempts counts failures for the next pause, failures the streams in a row that told nothing.
	attempts, failures int
	// window is the pause that the edge asked for.
	window time.Duration
	// reread: the next step reads the whole document. answering: the edge gave it while streams told nothing. polling: streams
	// don't pass; the last one ended at streamed.
	reread, answering, polling bool
	streamed                   time.Time
	// chunks are those of long lists that an edge gave, by their digests, until what names them is held.
	chunks   map[string][]byte
	troubled bool
}

// New is a follower that holds nothing yet.
func New(options Options) *Follower {
	settled := make(chan struct{})
	made := &Follower{
		options:  options,
		standing: newStanding(options.Pace.Stale, options.Changed),
		settled:  settled,
		settle:   sync.OnceFunc(func() { close(settled) }),
		cancel:   func() {},
		defects:  defects{logger: options.Logger, told: map[engine.Defect]bool{}},
		chunks:   map[string][]byte{},
		polling:  options.Poll,
	}
	return made
}

// Flags is the configuration that is held, nil while there is none.
func (f *Follower) Flags() *engine.FlagSet { return f.flags.Load() }

// Standing is the state now.
func (f *Follower) Standing() Standing { return f.standing.read() }

// Next is when the state changes by time alone; false if it doesn't.
func (f *Follower) Next() (time.Time, bool) { return f.standing.next() }

// Settled is closed when there is a configuration, or none can be expected any more.
func (f *Follower) Settled() <-chan struct{} { return f.settled }

// Offline says that no edge is ever asked.
func (f *Follower) Offline() {
	f.standing.ended(Offline)
	f.settle()
}

// Misconfigured says that no edge can be asked.
func (f *Follower) Misconfigured(err error) {
	f.standing.failed(err)
	f.standing.ended(Refused)
	f.settle()
}

// Start follows an edge until Close.
func (f *Follower) Start() {
	ctx, cancel := context.WithCancel(context.Background())
	f.cancel = cancel
	if f.options.Store != nil {
		f.keeper = startKeeper(f.options.Store, f.options.Logger, f.restored)
	}
	f.working.Add(1)
	go func() {
		defer f.working.Done()
		f.run(ctx)
	}()
}

// Close ends all that Start began; what is held stays.
func (f *Follower) Close() {
	f.cancel()
	f.working.Wait()
	if f.keeper != nil {
		f.keeper.close()
	}
	f.standing.ended(Closed)
	f.settle()
}

func (f *Follower) run(ctx context.Context) {
	for ctx.Err() == nil {
		address := f.options.Endpoints.Current()
		f.standing.asks(address)
		pause, err := f.step(ctx, address)
		var refused *edge.Refused
		if errors.As(err, &refused) {
			f.refuse(refused)
			return
		}
		if err != nil && ctx.Err() == nil {
			f.trouble(address, err)
			var unavailable *edge.Unavailable
			if errors.As(err, &unavailable) {
				pause += unavailable.After
			}
		}
		if !retry.Sleep(ctx, pause) {
			return
		}
	}
}

// step is one request: the document, or a stream with all that comes by it. It gives the pause after it.
func (f *Follower) step(ctx context.Context, address string) (time.Duration, error) {
	streamNow := f.polling && !f.options.Poll && time.Since(f.streamed) >= f.options.Pace.Return
	if f.answered && !f.reread && (!f.polling || streamNow) {
		return f.follow(ctx, address)
	}
	f.reread = false
	if f.polling {
		f.standing.by(ByPoll, address)
	}
	if err := f.read(ctx, address); err != nil {
		f.answering = false
		f.options.Endpoints.Failed(address)
		return f.failed(), err
	}
	f.calm(address)
	if f.failures >= failuresMax && !f.polling {
		// An edge that was gone and has come back gets one more stream: it is not the streams that fail.
		f.polling, f.answering = f.answering, true
		if f.polling {
			f.options.Logger.Warn("streams don't pass: the configuration is polled", "endpoint", address)
			f.standing.by(ByPoll, address)
		}
	}
	if f.polling {
		f.attempts = 0
		return f.untilPoll(), nil
	}
	return 0, nil
}

// untilPoll is the time to the next poll, or to the next trial of a stream if that comes first.
func (f *Follower) untilPoll() time.Duration {
	interval := time.Duration(float64(f.options.Interval) * (0.9 + 0.2*rand.Float64()))
	if f.options.Poll {
		return interval
	}
	return min(interval, max(f.options.Pace.Return-time.Since(f.streamed), 0))
}

// follow is a stream from its beginning to its end.
func (f *Follower) follow(ctx context.Context, address string) (time.Duration, error) {
	began := time.Now()
	ended := f.stream(ctx, address)
	f.streamed = time.Now()
	if time.Since(began) >= f.options.Pace.Steady {
		f.attempts = 0
	}
	if ended.told {
		f.failures, f.answering = 0, false
	} else {
		f.failures++
	}
	switch {
	case ended.home:
		return 0, nil
	case errors.Is(ended.err, errElsewhere):
		f.reread = true
		if f.attempts == 0 {
			f.attempts = 1
			return 0, nil
		}
		return f.failed(), nil
	}
	f.reread = f.failures >= failuresMax
	f.options.Endpoints.Failed(address)
	return f.failed(), ended.err
}

// failed is the pause after one more failure.
func (f *Follower) failed() time.Duration {
	pause := retry.Pause(f.attempts, max(f.options.Pace.RetryFirst, f.window), f.options.Pace.RetryMax)
	f.attempts++
	return pause
}

// trouble tells of a failure: loudly the first, quietly those of the same outage.
func (f *Follower) trouble(address string, err error) {
	f.standing.failed(err)
	level := slog.LevelDebug
	if !f.troubled {
		level = slog.LevelWarn
	}
	f.troubled = true
	f.options.Logger.Log(context.Background(), level, "the edge can't be followed; what is held goes on",
		"endpoint", address, "reason", err)
}

func (f *Follower) calm(address string) {
	if f.troubled {
		f.options.Logger.Info("the edge is followed again", "endpoint", address)
	}
	f.troubled = false
}

// refuse ends the retries of the key.
func (f *Follower) refuse(refused *edge.Refused) {
	f.options.Logger.Error(refused.Error()+"; it is not asked again, and what is held goes on",
		"status", refused.Status, "code", refused.Code)
	if f.options.Refused != nil {
		f.options.Refused()
	}
	f.standing.failed(refused)
	f.standing.ended(Refused)
	f.settle()
}
