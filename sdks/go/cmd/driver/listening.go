package main

import (
	"sync"

	ff "github.com/feature-flag-platform/sdk/go"
)

// heardMax is how many changes wait to be asked for.
const heardMax = 100_000

// heard is what listeners were told.
type heard struct {
	mu      sync.Mutex
	changes []any
}

func (h *heard) add(change any) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if len(h.changes) < heardMax {
		h.changes = append(h.changes, change)
	}
}

func (h *heard) take() []any {
	h.mu.Lock()
	defer h.mu.Unlock()
	taken := h.changes
	h.changes = nil
	if taken == nil {
		taken = []any{}
	}
	return taken
}

func (d *driver) listen(given command, user any) {
	var about []ff.ChangeOption
	if given.Flag != "" {
		about = append(about, ff.OfFlag(given.Flag))
	}
	if given.User != nil && string(given.User) != "null" {
		about = append(about, ff.ForUser(user))
	}
	d.client.OnChange(func(change ff.Change) {
		if change.After == nil {
			d.heard.add(map[string]any{"flags": change.Flags})
			return
		}
		d.heard.add(map[string]any{"flag": change.Flags[0], "before": served(change.Before), "after": served(change.After)})
	}, about...)
}

func served(told *ff.Detail) map[string]any {
	return map[string]any{"value": told.Value, "variant": orNull(told.Variant), "reason": told.Reason}
}
