// Package events tells the ingestor what was evaluated and measured: exposures, metric events and usage. Nobody who adds one waits.
package events

import (
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"time"
	"unicode/utf8"

	"github.com/feature-flag-platform/sdk/go/internal/edge"
	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
)

// valueMax is the largest number that a metric event may have.
const valueMax = 1e15

// textMax is the longest user key, unit key.
const textMax = 512

// Options of Events.
type Options struct {
	Edge *edge.Edge
	// Address is where an ingestor, or an edge that passes events on, is reached now.
	Address              func() string
	QueueSize, BatchSize int
	FlushInterval        time.Duration
	Exposures, Usage     bool
	Private              []string
	HashKeysWith         string
	Logger               *slog.Logger
	Pace                 pace.Pace
	// Idle is called once a minute, by the goroutine that sends.
	Idle func(context.Context)
}

// Events collects events and sends them in the background.
type Events struct {
	options    Options
	queue      *queue
	usage      *usage
	remembered *remembered
	privacy    privacy
	delivery   *delivery
	once       onceEach
}

// New starts the goroutine that sends. Without an Edge nothing is ever kept or sent.
func New(options Options) *Events {
	made := &Events{
		options:    options,
		queue:      newQueue(options.QueueSize),
		usage:      newUsage(),
		remembered: newRemembered(options.Pace.Exposure),
		privacy:    newPrivacy(options.Private, options.HashKeysWith),
		once:       newOnceEach(options.Logger),
	}
	if options.Edge != nil {
		made.delivery = startDelivery(made)
	}
	return made
}

// Count counts an evaluation; bulk: as one of all flags.
func (e *Events) Count(decision *engine.Decision, bulk bool) {
	if e.options.Usage && e.delivery != nil {
		e.usage.count(decision, bulk)
	}
}

// CountWay counts an evaluation that ended otherwise than the engine decided.
func (e *Events) CountWay(way Way) {
	if e.options.Usage && e.delivery != nil {
		e.usage.countWay(way, 1)
	}
}

type exposure struct {
	Type          string         `json:"type"`
	EventID       string         `json:"event_id"`
	Timestamp     string         `json:"timestamp"`
	UserKey       string         `json:"user_key"`
	Flag          string         `json:"flag"`
	Variation     string         `json:"variation"`
	Experiment    string         `json:"experiment,omitempty"`
	Experiments   []engine.Phase `json:"experiments"`
	ConfigVersion int64          `json:"config_version"`
	UnitKey       string         `json:"unit_key,omitempty"`
	Override      bool           `json:"override,omitempty"`
	Split         string         `json:"split,omitempty"`
	Context       map[string]any `json:"context"`
}

// Expose tells that a user was served what was decided, unless it was told lately. names are those of the attributes
// that the exposure carries.
func (e *Events) Expose(user string, decision *engine.Decision, version int64, context map[string]any, now time.Time, names ...[]string) {
	if e.delivery == nil || !e.options.Exposures || user == "" {
		return
	}
	if e.privacy.tooLong(user) || tooLong(decision.Variation, nameMax) {
		e.invalid(decision.Flag, "an exposure has a key of at most 512 characters, and a variation of at most 128")
		return
	}
	unit := e.unit(decision, context)
	mark := e.remembered.mark(user, unit, decision)
	if !e.remembered.add(mark) {
		return
	}
	event := exposure{
		Type:          "exposure",
		EventID:       newID(now),
		Timestamp:     timestamp(now),
		UserKey:       e.privacy.key(user),
		Flag:          decision.Flag,
		Variation:     decision.Variation,
		Experiment:    decision.Experiment(),
		Experiments:   decision.Experiments,
		ConfigVersion: version,
		UnitKey:       unit,
		Override:      decision.Override,
		Split:         decision.Split,
		Context:       e.privacy.exposed(context, names...),
	}
	if event.Experiments == nil {
		event.Experiments = []engine.Phase{}
	}
	text, err := json.Marshal(event)
	if err != nil || !e.queue.offer(text) {
		e.remembered.forget(mark)
		return
	}
	e.delivery.wake()
}

// unit is the randomised unit as events tell it, empty where it is the user, or may not be told.
func (e *Events) unit(decision *engine.Decision, context map[string]any) string {
	unit := UnitOf(decision, context)
	if unit == "" || tooLong(unit, textMax) || (e.privacy.secret == nil && e.privacy.hides(decision.BucketBy)) {
		return ""
	}
	return e.privacy.key(unit)
}

type metric struct {
	Type       string         `json:"type"`
	EventID    string         `json:"event_id"`
	Timestamp  string         `json:"timestamp"`
	UserKey    string         `json:"user_key"`
	Metric     string         `json:"metric"`
	Value      *float64       `json:"value,omitempty"`
	Properties map[string]any `json:"properties,omitempty"`
}

// Measure tells a metric event. value nil: the event only counts. properties are plain JSON.
func (e *Events) Measure(name string, value *float64, user string, properties map[string]any, now time.Time) {
	if e.delivery == nil {
		e.queue.drop(Offline, 1)
		return
	}
	switch {
	case user == "" || e.privacy.tooLong(user):
		e.invalid(name, "a metric event needs a user with a key of at most 512 characters")
		return
	case name == "" || tooLong(name, nameMax):
		e.invalid(name, "the name of a metric event has 1 to 128 characters")
		return
	case value != nil && !(math.Abs(*value) <= valueMax):
		e.invalid(name, "the value of a metric event is a finite number of at most 1e15")
		return
	}
	event := metric{"metric", newID(now), timestamp(now), e.privacy.key(user), name, value, e.privacy.without(properties)}
	text, err := json.Marshal(event)
	if err != nil {
		e.invalid(name, err.Error())
		return
	}
	if e.queue.offer(text) {
		e.delivery.wake()
	}
}

// Unmeasured counts a metric event whose value is no number at all.
func (e *Events) Unmeasured(name string, value any) {
	if e.delivery == nil {
		e.queue.drop(Offline, 1)
	} else {
		e.invalid(name, fmt.Sprintf("the value of a metric event is a number, and not of type %T", value))
	}
}

// invalid drops what no ingestor takes. about: the metric or the flag.
func (e *Events) invalid(about, reason string) {
	e.queue.drop(Invalid, 1)
	e.once.warn("an event is dropped", "about", about, "reason", reason)
}

// Counts is what became of the events so far.
func (e *Events) Counts() Counts { return e.queue.counts() }

// Refuse drops what waits and what comes: the key is refused.
func (e *Events) Refuse() {
	if e.delivery != nil {
		e.delivery.refuse()
	}
}

// Flush sends what waits; true when nothing of it is left before the context ends.
func (e *Events) Flush(ctx context.Context) bool {
	return e.delivery == nil || e.delivery.flush(ctx)
}

// Close flushes, usage too, and ends the goroutine; true when nothing was left.
func (e *Events) Close(ctx context.Context) bool {
	return e.delivery == nil || e.delivery.close(ctx)
}

// tooLong counts characters.
func tooLong(text string, most int) bool {
	return len(text) > most && utf8.RuneCountInString(text) > most
}
