package follow

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"sync"

	"github.com/feature-flag-platform/sdk/go/internal/edge"
	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

// chunksAtOnce is how many chunks of long lists are asked for at the same time.
const chunksAtOnce = 4

// stored is the set with those of the chunks that it lacks which are in the store. They stand beside the fetched ones: the
// keeper may have deleted them by the time at which what names them is held.
func (f *Follower) stored(set *engine.FlagSet) *engine.FlagSet {
	if f.options.Store == nil {
		return set
	}
	for _, each := range set.MissingChunks() {
		if f.chunks[each.Digest] != nil {
			continue
		}
		chunk, err := f.options.Store.Chunk(each.Digest)
		if chunk != nil {
			next, failed := set.WithChunk(each.Segment, each.Number, chunk)
			if failed == nil {
				set, f.chunks[each.Digest] = next, chunk
			}
			err = failed
		}
		if err != nil {
			f.options.Logger.Warn("a stored chunk is passed over", "segment", each.Segment, "reason", err)
		}
	}
	return set
}

// fetched are the chunks that were read since the configuration before; they are the caller's now.
func (f *Follower) fetched() map[string][]byte {
	fetched := f.chunks
	f.chunks = map[string][]byte{}
	return fetched
}

// complete reads the chunks that are named and not held. With an error it gives the set as far as it came.
func (f *Follower) complete(ctx context.Context, address string, set *engine.FlagSet) (*engine.FlagSet, error) {
	if len(set.MissingChunks()) == 0 {
		return set, nil
	}
	named := set.ChunkDigests()
	maps.DeleteFunc(f.chunks, func(digest string, _ []byte) bool { return !named[digest] })
	set = f.stored(set)
	missing := set.MissingChunks()
	failed := f.ask(ctx, address, missing)
	for _, each := range missing {
		chunk, there := f.chunks[each.Digest]
		if !there {
			continue
		}
		next, err := set.WithChunk(each.Segment, each.Number, chunk)
		if err != nil {
			return set, fmt.Errorf("chunk %d of segment %s: %w", each.Number, each.Segment, err)
		}
		set = next
	}
	return set, failed
}

// ask reads chunks beside each other; those that came stay for the next attempt.
func (f *Follower) ask(ctx context.Context, address string, missing []engine.Chunk) error {
	var mu sync.Mutex
	var failed error
	var asking sync.WaitGroup
	turns := make(chan struct{}, chunksAtOnce)
	for _, each := range missing {
		mu.Lock()
		skip := failed != nil || f.chunks[each.Digest] != nil
		mu.Unlock()
		if skip {
			continue
		}
		turns <- struct{}{}
		asking.Add(1)
		go func() {
			defer asking.Done()
			defer func() { <-turns }()
			chunk, err := f.options.Edge.Chunk(ctx, address, each.Segment, each.Number, each.Digest)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				failed = err
				return
			}
			f.chunks[each.Digest] = chunk
		}()
	}
	asking.Wait()
	var refused *edge.Refused
	if errors.As(failed, &refused) {
		return failed
	}
	if failed != nil {
		return fmt.Errorf("a long list is not whole: %w", failed)
	}
	return nil
}
