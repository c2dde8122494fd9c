package events

import (
	"hash/maphash"
	"sync"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

const (
	// rememberedMax is how many exposures are remembered at most.
	rememberedMax = 100_000
	shards        = 64
)

// mark is what makes an exposure the same as another: a hash of 128 bits of all that tells them apart.
type mark [2]uint64

// remembered knows which exposures were told lately. It is split, so that goroutines seldom wait for each other.
type remembered struct {
	window time.Duration
	start  time.Time
	seeds  [2]maphash.Seed
	parts  [shards]part
}

// part remembers its share of marks by when they were told, newer and older ones apart: when there are too many, the older half is
// forgotten.
type part struct {
	mu           sync.Mutex
	newer, older map[mark]time.Duration
}

func newRemembered(window time.Duration) *remembered {
	return &remembered{window: window, start: time.Now(), seeds: [2]maphash.Seed{maphash.MakeSeed(), maphash.MakeSeed()}}
}

// mark of an exposure.
func (r *remembered) mark(user, unit string, decision *engine.Decision) mark {
	var made mark
	for i, seed := range r.seeds {
		var hash maphash.Hash
		hash.SetSeed(seed)
		for _, text := range [...]string{user, unit, decision.Flag, decision.Variation, decision.Split} {
			write(&hash, uint64(len(text)))
			_, _ = hash.WriteString(text)
		}
		for _, each := range decision.Experiments {
			write(&hash, uint64(len(each.Key)))
			_, _ = hash.WriteString(each.Key)
			write(&hash, uint64(each.Phase))
		}
		if decision.Override {
			_ = hash.WriteByte(1)
		}
		made[i] = hash.Sum64()
	}
	return made
}

func write(hash *maphash.Hash, number uint64) {
	var bytes [8]byte
	for i := range bytes {
		bytes[i] = byte(number >> (8 * i))
	}
	_, _ = hash.Write(bytes[:])
}

// add remembers a mark; false if it was told within the window.
func (r *remembered) add(made mark) bool {
	now := time.Since(r.start)
	p := &r.parts[made[0]%shards]
	p.mu.Lock()
	defer p.mu.Unlock()
	told, known := p.newer[made]
	if !known {
		told, known = p.older[made]
	}
	if known && now-told < r.window {
		return false
	}
	if len(p.newer) >= rememberedMax/shards/2 || p.newer == nil {
		p.older, p.newer = p.newer, map[mark]time.Duration{}
	}
	p.newer[made] = now
	return true
}

// forget makes the next one of the same kind be told: this one was not.
func (r *remembered) forget(made mark) {
	p := &r.parts[made[0]%shards]
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.newer, made)
	delete(p.older, made)
}
