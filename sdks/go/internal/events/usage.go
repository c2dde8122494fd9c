package events

import (
	"cmp"
	"encoding/json"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/about"
	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

const (
	// countsMax is how many counts one event has.
	countsMax = 500
	// decisionsMax is how many decisions are counted by themselves, waysMax how many other ways in a minute.
	decisionsMax = 50_000
	waysMax      = 50_000
	// unknownMax is how many keys that are no flag's are told by name in a minute.
	unknownMax = 100
	// nameMax is the longest variation that a count names.
	nameMax = 128
)

// Way is how an evaluation ended.
type Way struct {
	Flag, Variation string
	Reason          engine.Reason
	Error           engine.ErrorCode
	Bulk            bool
}

// usage counts evaluations. A decision that is the same object each time is counted by it, without a lock.
type usage struct {
	decisions [2]sync.Map // *engine.Decision -> *atomic.Int64; alone, and of all flags at once
	known     atomic.Int64

	mu      sync.Mutex
	ways    map[Way]int64
	unknown map[string]bool
}

func newUsage() *usage { return &usage{ways: map[Way]int64{}, unknown: map[string]bool{}} }

func (u *usage) count(decision *engine.Decision, bulk bool) {
	decisions := &u.decisions[0]
	if bulk {
		decisions = &u.decisions[1]
	}
	if counter, ok := decisions.Load(decision); ok {
		counter.(*atomic.Int64).Add(1)
		return
	}
	if !decision.Interned || u.known.Load() >= decisionsMax {
		u.countWay(wayOf(decision, bulk), 1)
		return
	}
	counter, loaded := decisions.LoadOrStore(decision, new(atomic.Int64))
	if !loaded {
		u.known.Add(1)
	}
	counter.(*atomic.Int64).Add(1)
}

func wayOf(decision *engine.Decision, bulk bool) Way {
	return Way{decision.Flag, decision.Variation, decision.Reason, decision.ErrorCode, bulk}
}

func (u *usage) countWay(way Way, times int64) {
	u.mu.Lock()
	defer u.mu.Unlock()
	if way.Error == engine.FlagNotFound && !u.unknown[way.Flag] {
		if len(u.unknown) >= unknownMax || len(way.Flag) > nameMax {
			way.Flag = ""
		} else {
			u.unknown[way.Flag] = true
		}
	}
	if len(way.Variation) > nameMax {
		way.Variation = ""
	}
	if _, known := u.ways[way]; known || len(u.ways) < waysMax {
		u.ways[way] += times
	}
}

// take is what was counted since it was asked last. A decision that nobody has come to meanwhile is let go.
func (u *usage) take() map[Way]int64 {
	for i := range u.decisions {
		u.decisions[i].Range(func(key, value any) bool {
			decision := key.(*engine.Decision)
			if times := value.(*atomic.Int64).Swap(0); times > 0 {
				u.countWay(wayOf(decision, i == 1), times)
			} else {
				u.decisions[i].Delete(key)
				u.known.Add(-1)
			}
			return true
		})
	}
	u.mu.Lock()
	defer u.mu.Unlock()
	taken := u.ways
	u.ways, u.unknown = map[Way]int64{}, map[string]bool{}
	return taken
}

type usageEvent struct {
	Type      string       `json:"type"`
	EventID   string       `json:"event_id"`
	Timestamp string       `json:"timestamp"`
	Counts    []usageCount `json:"counts"`
}

type usageCount struct {
	Flag      string           `json:"flag"`
	Variation string           `json:"variation,omitempty"`
	Reason    engine.Reason    `json:"reason"`
	Error     engine.ErrorCode `json:"error,omitempty"`
	SDK       string           `json:"sdk"`
	Count     int64            `json:"count"`
	Bulk      bool             `json:"bulk,omitempty"`
}

// usageEvents are the counts of the minute that ends, in as few events as they fit.
func usageEvents(taken map[Way]int64, now time.Time) [][]byte {
	counts := make([]usageCount, 0, len(taken))
	for way, times := range taken {
		counts = append(counts, usageCount{way.Flag, way.Variation, way.Reason, way.Error, about.Name, times, way.Bulk})
	}
	slices.SortFunc(counts, func(a, b usageCount) int {
		return cmp.Or(cmp.Compare(a.Flag, b.Flag), cmp.Compare(a.Variation, b.Variation), cmp.Compare(a.Reason, b.Reason))
	})
	var events [][]byte
	for some := range slices.Chunk(counts, usageChunk(counts)) {
		event, err := json.Marshal(usageEvent{"usage", newID(now), timestamp(now), some})
		if err == nil {
			events = append(events, event)
		}
	}
	return events
}

// usageChunk is how many counts fit into one event, whatever their names are.
func usageChunk(counts []usageCount) int {
	longest := 1
	for _, each := range counts {
		longest = max(longest, 160+6*(len(each.Flag)+len(each.Variation)))
	}
	return max(1, min(countsMax, (eventMax-256)/longest))
}
