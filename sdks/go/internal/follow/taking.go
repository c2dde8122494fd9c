package follow

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"strings"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

// errOlder: an edge has an older configuration than the one that is held.
var errOlder = errors.New("the configuration there is older than the one that is held")

// informedMax is how long a first configuration waits for what is known of its environment.
const informedMax = time.Second

// read asks for the whole document and takes it.
func (f *Follower) read(ctx context.Context, address string) error {
	var informed <-chan struct{}
	if !f.answered {
		informed = f.inform(ctx)
	}
	document, err := f.options.Edge.Config(ctx, address, f.etag)
	if err != nil {
		return err
	}
	if informed != nil {
		select {
		case <-informed:
		case <-time.After(informedMax):
		case <-ctx.Done():
		}
	}
	if document.Fresh {
		f.answered = true
		f.standing.confirmed()
		return nil
	}
	if err := f.takeDocument(ctx, address, document.Body, "", document.ETag); err != nil {
		f.answered = f.answered || errors.Is(err, errOlder)
		return err
	}
	f.standing.confirmed()
	return nil
}

// takeDocument holds a whole document from now on. One that came by a stream has an id, one that was asked for a tag.
func (f *Follower) takeDocument(ctx context.Context, address string, document []byte, id, etag string) error {
	before := f.flags.Load()
	set, err := engine.FromDocument(document, before)
	if err != nil {
		return fmt.Errorf("the document can't be read: %w", err)
	}
	source := f.standing.read().Source
	if before != nil && source != FromBootstrap && set.Version() < before.Version() {
		return errOlder
	}
	whole, err := f.complete(ctx, address, set)
	if err != nil {
		if before == nil {
			f.hold(whole, FromEdge)
		}
		return err
	}
	if id == "" {
		id = idOf(etag, set.Version())
	}
	f.id, f.etag, f.answered = id, etag, true
	f.hold(whole, FromEdge)
	f.keeper.whole(document, etag, id, whole, f.fetched())
	return nil
}

// idOf is the id that a stream gives to a document: its version and the digest that the weak tag has. Where an edge has
// others, it begins the stream with a snapshot.
func idOf(etag string, version int64) string {
	digest := strings.Trim(strings.TrimPrefix(etag, "W/"), `"`)
	if digest == "" {
		return ""
	}
	return strconv.FormatInt(version, 10) + "-" + digest
}

// takeChange holds what a change makes of what is held.
func (f *Follower) takeChange(ctx context.Context, address string, change []byte, id string) error {
	before := f.flags.Load()
	set, err := before.With(change)
	if err != nil || set.Version() < before.Version() {
		f.options.Logger.Debug("a change can't be taken: the document is read anew", "reason", err)
		return errElsewhere
	}
	whole, err := f.complete(ctx, address, set)
	if err != nil {
		return err
	}
	f.id, f.etag = id, ""
	f.hold(whole, FromEdge)
	f.keeper.change(change, id, whole, f.fetched())
	return nil
}

// hold serves a configuration from now on.
func (f *Follower) hold(set *engine.FlagSet, source string) {
	f.flags.Store(set)
	f.standing.held(source)
	f.settle()
	f.defects.tell(set.Defects())
	f.options.Changed()
}

// Bootstrap holds a document that is no edge's.
func (f *Follower) Bootstrap(document []byte) error {
	set, err := engine.FromDocument(document, nil)
	if err != nil {
		return err
	}
	f.hold(set, FromBootstrap)
	return nil
}

// Restore holds what was kept, if it is as new as what is held.
func (f *Follower) Restore() {
	kept, err := f.options.Store.Load()
	if err != nil {
		f.options.Logger.Warn("a stored configuration is passed over", "reason", err)
	}
	if kept == nil {
		return
	}
	before := f.flags.Load()
	set, err := engine.FromDocument(kept.Document, before)
	if err != nil {
		f.options.Logger.Warn("a stored configuration is passed over", "reason", err)
		return
	}
	f.restored.chunks = set.ChunkDigests()
	if before != nil && set.Version() < before.Version() {
		return
	}
	set = f.stored(set)
	f.fetched()
	if len(set.MissingChunks()) == 0 {
		f.id, f.etag = kept.StreamID, kept.ETag
	}
	f.restored.document = kept.Document
	f.hold(set, FromStore)
}

// defectsMax is how many defects are told.
const defectsMax = 1000

// defects warns once of each entity that can't be evaluated.
type defects struct {
	logger *slog.Logger
	told   map[engine.Defect]bool
}

func (d *defects) tell(found []engine.Defect) {
	for _, each := range found {
		if d.told[each] || len(d.told) >= defectsMax {
			continue
		}
		d.told[each] = true
		d.logger.Warn("what can't be evaluated keeps what was good of it",
			"kind", each.Kind, "key", each.Key, "field", each.Field, "reason", each.Message)
	}
}
