package events

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/retry"
)

// batchBytesMax is the largest batch, unpacked.
const batchBytesMax = 900_000

// answerMax is as much of an answer as is read.
const answerMax = 4 << 20

// delivery is the one goroutine that sends.
type delivery struct {
	events  *Events
	queue   *queue
	woken   chan struct{}
	flushes chan chan struct{}
	// hurry ends a pause between two attempts.
	hurry   chan struct{}
	ending  chan struct{}
	ended   chan struct{}
	refused atomic.Bool
	ctx     context.Context
	stop    context.CancelFunc
	// left is an event that did not fit into the batch before.
	left []byte
	// notBefore is when the ingestor may be asked again, by what it said itself.
	notBefore time.Time
}

func startDelivery(events *Events) *delivery {
	ctx, stop := context.WithCancel(context.Background())
	made := &delivery{
		events:  events,
		queue:   events.queue,
		woken:   make(chan struct{}, 1),
		flushes: make(chan chan struct{}),
		hurry:   make(chan struct{}, 1),
		ending:  make(chan struct{}),
		ended:   make(chan struct{}),
		ctx:     ctx,
		stop:    stop,
	}
	go made.run()
	return made
}

// wake tells that a batch may be full.
func (s *delivery) wake() {
	if s.queue.held.Load() < int64(s.events.options.BatchSize) {
		return
	}
	signal(s.woken)
}

func signal(channel chan struct{}) {
	select {
	case channel <- struct{}{}:
	default:
	}
}

func (s *delivery) run() {
	defer close(s.ended)
	flush := time.NewTicker(s.events.options.FlushInterval)
	defer flush.Stop()
	usage := time.NewTicker(s.events.options.Pace.Usage)
	defer usage.Stop()
	for {
		select {
		case <-s.woken:
			for s.queue.held.Load() >= int64(s.events.options.BatchSize) && s.send(s.batch()) {
			}
		case <-flush.C:
			s.sendAll()
		case <-usage.C:
			s.tellUsage()
			if idle := s.events.options.Idle; idle != nil {
				idle(s.ctx)
			}
		case flushed := <-s.flushes:
			s.tellUsage()
			s.sendAll()
			close(flushed)
		case <-s.ending:
			s.tellUsage()
			s.queue.closed.Store(true)
			s.sendAll()
			return
		case <-s.ctx.Done():
			return
		}
	}
}

func (s *delivery) tellUsage() {
	if s.refused.Load() {
		s.events.usage.take()
		return
	}
	for _, event := range usageEvents(s.events.usage.take(), time.Now()) {
		s.queue.offer(event)
	}
}

// sendAll sends what waits now, batch by batch.
func (s *delivery) sendAll() {
	for left := s.queue.held.Load(); left > 0; {
		batch := s.batch()
		left -= int64(len(batch))
		if !s.send(batch) {
			return
		}
	}
}

// batch takes the next events off the queue.
func (s *delivery) batch() [][]byte {
	var batch [][]byte
	size := 2
	for len(batch) < s.events.options.BatchSize {
		next := s.left
		s.left = nil
		if next == nil {
			select {
			case next = <-s.queue.waiting:
			default:
				return batch
			}
		}
		if size += len(next) + 1; size > batchBytesMax && len(batch) > 0 {
			s.left = next
			return batch
		}
		batch = append(batch, next)
	}
	return batch
}

// send tries until the batch is taken, refused or the context ends. False: there was nothing to send, or no more is
// to be sent.
func (s *delivery) send(batch [][]byte) bool {
	if len(batch) == 0 {
		return false
	}
	defer s.queue.leave(batch...)
	body := packed(batch)
	for attempt := 0; ; attempt++ {
		if s.refused.Load() {
			s.queue.drop(Refused, int64(len(batch)))
			return true
		}
		after, again := s.attempt(body, len(batch))
		if !again {
			return true
		}
		s.notBefore = time.Now().Add(after)
		pace := s.events.options.Pace
		if !s.pause(retry.Pause(attempt, pace.RetryFirst, pace.EventRetryMax)) {
			s.queue.drop(Closed, int64(len(batch)))
			return false
		}
	}
}

// pause waits until the next attempt; whoever flushes ends it, but not before the ingestor's own time.
func (s *delivery) pause(jitter time.Duration) bool {
	if !retry.Sleep(s.ctx, time.Until(s.notBefore)) {
		return false
	}
	timer := time.NewTimer(jitter)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.hurry:
	case <-s.ctx.Done():
		return false
	}
	return true
}

// attempt sends a batch once. again: it may be taken later, not before after has passed.
func (s *delivery) attempt(body []byte, count int) (after time.Duration, again bool) {
	ctx, cancel := context.WithTimeout(s.ctx, s.events.options.Pace.Answer)
	defer cancel()
	address := s.events.options.Address() + "/v1/events"
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, true
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("Content-Encoding", "gzip")
	response, err := s.events.options.Edge.Do(request)
	if err != nil {
		s.events.once.warn("events can't be sent yet", "address", address)
		return 0, true
	}
	defer response.Body.Close()
	told, err := io.ReadAll(io.LimitReader(response.Body, answerMax))
	switch status := response.StatusCode; {
	case status == http.StatusTooManyRequests || status >= http.StatusInternalServerError:
		s.events.once.warn("events can't be sent yet", "address", address, "status", status)
		return retry.After(response.Header, time.Now()), true
	case status == http.StatusAccepted || status == http.StatusOK:
		if err != nil {
			return 0, true
		}
		s.taken(told, int64(count))
	case status == http.StatusUnauthorized || status == http.StatusForbidden:
		s.events.options.Logger.Error("the SDK key is refused by the ingestor: events are dropped",
			"address", address, "status", status, "answer", short(told))
		s.refuse()
		s.queue.drop(Refused, int64(count))
	default:
		s.events.once.warn("events are not taken and are dropped", "status", status, "answer", short(told))
		s.queue.drop(Rejected, int64(count))
	}
	return 0, false
}

func (s *delivery) refuse() {
	s.refused.Store(true)
	signal(s.hurry)
	signal(s.woken)
}

// flush sends what waits now; true when nothing was left of it.
func (s *delivery) flush(ctx context.Context) bool {
	flushed := make(chan struct{})
	s.hurried(ctx, func(again <-chan time.Time) bool {
		select {
		case s.flushes <- flushed:
			return true
		case <-s.ended:
			return true
		case <-again:
		case <-ctx.Done():
		}
		return false
	})
	s.hurried(ctx, func(again <-chan time.Time) bool {
		select {
		case <-flushed:
			return true
		case <-s.ended:
			return true
		case <-again:
		case <-ctx.Done():
		}
		return false
	})
	return ctx.Err() == nil && s.queue.held.Load() <= 0
}

// close sends what waits, as long as the context allows, and ends the goroutine; true when nothing was left.
func (s *delivery) close(ctx context.Context) bool {
	close(s.ending)
	s.hurried(ctx, func(again <-chan time.Time) bool {
		select {
		case <-s.ended:
			return true
		case <-again:
		case <-ctx.Done():
		}
		return false
	})
	s.stop()
	<-s.ended
	s.queue.closed.Store(true)
	if s.left != nil {
		s.queue.leave(s.left)
		s.queue.drop(Closed, 1)
	}
	for {
		select {
		case event := <-s.queue.waiting:
			s.queue.leave(event)
			s.queue.drop(Closed, 1)
		default:
			return s.queue.counts().Dropped[Closed] == 0
		}
	}
}

// hurried waits until done says true or the context ends. Meanwhile a batch that waits for its next attempt waits no longer than the
// first window.
func (s *delivery) hurried(ctx context.Context, done func(again <-chan time.Time) bool) {
	again := time.NewTicker(s.events.options.Pace.RetryFirst)
	defer again.Stop()
	for ctx.Err() == nil {
		signal(s.hurry)
		if done(again.C) {
			return
		}
	}
}
