package follow

import (
	"errors"
	"log/slog"
	"sync"
	"time"

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

	mu       sync.Mutex
	document *store.Document
	raw      []byte
	etag, id string
	dirty    bool
}

// startKeeper begins with what is stored already, nil for nothing.
func startKeeper(folder *store.Folder, logger *slog.Logger, stored []byte) *keeper {
	made := &keeper{
		folder: folder,
		logger: logger,
		raw:    stored,
		woken:  make(chan struct{}, 1),
		ending: make(chan struct{}),
		ended:  make(chan struct{}),
	}
	go made.run()
	return made
}

// whole keeps a document.
func (k *keeper) whole(document []byte, etag, id string) {
	if k == nil {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.raw, k.document, k.etag, k.id, k.dirty = document, nil, etag, id, true
	k.wake()
}

// change keeps what a change makes of it.
func (k *keeper) change(change []byte, id string) {
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
	k.etag, k.id, k.dirty = "", id, true
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
	kept, dirty, err := k.take()
	if err == nil && dirty {
		err = k.folder.Save(kept, time.Now())
	}
	if err != nil {
		k.logger.Warn("the configuration can't be stored", "reason", err)
	}
}

func (k *keeper) take() (kept store.Kept, dirty bool, err error) {
	k.mu.Lock()
	defer k.mu.Unlock()
	dirty, k.dirty = k.dirty, false
	document := k.raw
	if dirty && k.document != nil {
		document, err = k.document.Bytes()
	}
	return store.Kept{Document: document, ETag: k.etag, StreamID: k.id}, dirty, err
}

func (k *keeper) close() {
	close(k.ending)
	<-k.ended
}
