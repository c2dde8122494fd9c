package follow

import (
	"errors"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
	"github.com/feature-flag-platform/sdk/go/internal/store"
)

// keeperRest is the least time between two writes.
const keeperRest = time.Second

// keeper writes the newest configuration to the store, beside the goroutine that follows. A nil one keeps nothing.
type keeper struct {
	folder *store.Folder
	logger *slog.Logger
	woken  chan struct{}
	ending chan struct{}
	ended  chan struct{}
	// named are the digests of the chunks that the newest file names; the keeper's goroutine's own.
	named map[string]bool

	mu       sync.Mutex
	document *store.Document
	raw      []byte
	etag, id string
	dirty    bool
	// set is what the document says. chunks are not written yet: no more than the set names.
	set    *engine.FlagSet
	chunks map[string][]byte
}

// restored is what a store had: its document, nil if that isn't held, and the digests of the chunks that it names.
type restored struct {
	document []byte
	chunks   map[string]bool
}

// startKeeper begins with what is stored already.
func startKeeper(folder *store.Folder, logger *slog.Logger, stored restored) *keeper {
	made := &keeper{
		folder: folder,
		logger: logger,
		raw:    stored.document,
		named:  stored.chunks,
		chunks: map[string][]byte{},
		woken:  make(chan struct{}, 1),
		ending: make(chan struct{}),
		ended:  make(chan struct{}),
	}
	go made.run()
	return made
}

// whole keeps a document. `set` is what it says, `chunks` those of its long lists that are new.
func (k *keeper) whole(document []byte, etag, id string, set *engine.FlagSet, chunks map[string][]byte) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.raw, k.document, k.etag = document, nil, etag
	k.holds(id, set, chunks)
}

// change keeps what a change makes of it: `set`, with these chunks that are new.
func (k *keeper) change(change []byte, id string, set *engine.FlagSet, chunks map[string][]byte) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	err := k.parse()
	if err == nil {
		err = k.document.Apply(change)
	}
	if err != nil {
		k.logger.Warn("the store keeps an earlier configuration", "reason", err)
		return
	}
	k.etag = ""
	k.holds(id, set, chunks)
}

// holds is under the lock. A disk that stands still costs the chunks of what is held, not those of all that was.
func (k *keeper) holds(id string, set *engine.FlagSet, chunks map[string][]byte) {
	k.id, k.set, k.dirty = id, set, true
	maps.Copy(k.chunks, chunks)
	if len(k.chunks) > 0 {
		named := set.ChunkDigests()
		maps.DeleteFunc(k.chunks, func(digest string, _ []byte) bool { return !named[digest] })
	}
	k.wake()
}

func (k *keeper) parse() (err error) {
	if k.document == nil {
		if k.raw == nil {
			return errors.New("no whole document is there to put a change onto")
		}
		k.document, err = store.Parse(k.raw)
		k.raw = nil
	}
	return err
}

func (k *keeper) wake() {
	select {
	case k.woken <- struct{}{}:
	default:
	}
}

func (k *keeper) run() {
	defer close(k.ended)
	for {
		select {
		case <-k.woken:
			k.save()
		case <-k.ending:
			k.save()
			return
		}
		select {
		case <-time.After(keeperRest):
		case <-k.ending:
		}
	}
}

// save writes if there is something new.
func (k *keeper) save() {
	news, err := k.take()
	if err == nil && news != nil {
		err = k.write(news)
	}
	if err != nil {
		k.logger.Warn("the configuration can't be stored", "reason", err)
	}
}

// news is what is written at once.
type news struct {
	kept   store.Kept
	set    *engine.FlagSet
	chunks map[string][]byte
}

// take gives what is not written yet, nil for nothing.
func (k *keeper) take() (*news, error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	if !k.dirty {
		return nil, nil
	}
	taken := &news{store.Kept{Document: k.raw, ETag: k.etag, StreamID: k.id}, k.set, k.chunks}
	k.dirty, k.set, k.chunks = false, nil, map[string][]byte{}
	if k.document == nil {
		return taken, nil
	}
	var err error
	taken.kept.Document, err = k.document.Bytes()
	return taken, err
}

// write keeps chunks before what names them, and forgets those that neither this configuration nor the one before names.
func (k *keeper) write(taken *news) error {
	failed := k.folder.SaveChunks(taken.chunks)
	if err := k.folder.Save(taken.kept, time.Now()); err != nil {
		return errors.Join(failed, err)
	}
	before, named := k.named, taken.set.ChunkDigests()
	k.named = named
	forgotten := k.folder.ForgetChunks(func(digest string) bool { return named[digest] || before[digest] })
	return errors.Join(failed, forgotten)
}

func (k *keeper) close() {
	close(k.ending)
	<-k.ended
}
