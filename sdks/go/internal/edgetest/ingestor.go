package edgetest

import (
	"compress/gzip"
	"encoding/json"
	"net/http"
	"sync"
)

// taken are events that were sent, batch by batch, and each one once.
type taken struct {
	mu      sync.Mutex
	batches []Batch
	known   map[string]bool
	events  []Object
}

// Batch is a request of events: its ids, its size unpacked, and whether it was packed.
type Batch struct {
	IDs    []string
	Bytes  int
	Packed bool
}

// events takes what is sent.
func (e *Edge) events(w http.ResponseWriter, r *http.Request) {
	batch, events, err := Unpack(r)
	if err != nil {
		w.WriteHeader(http.StatusBadRequest)
		return
	}
	e.taken.mu.Lock()
	defer e.taken.mu.Unlock()
	e.taken.batches = append(e.taken.batches, batch)
	if e.taken.known == nil {
		e.taken.known = map[string]bool{}
	}
	for _, event := range events {
		if id := event["event_id"].(string); !e.taken.known[id] {
			e.taken.known[id] = true
			e.taken.events = append(e.taken.events, event)
		}
	}
	w.WriteHeader(http.StatusAccepted)
	_ = json.NewEncoder(w).Encode(Object{"accepted": len(events), "rejected": []any{}})
}

// Unpack reads a request of events.
func Unpack(r *http.Request) (Batch, []Object, error) {
	batch := Batch{Packed: r.Header.Get("Content-Encoding") == "gzip"}
	reader, err := gzip.NewReader(r.Body)
	if err != nil {
		return batch, nil, err
	}
	var raw json.RawMessage
	if err := json.NewDecoder(reader).Decode(&raw); err != nil {
		return batch, nil, err
	}
	batch.Bytes = len(raw)
	var events []Object
	if err := json.Unmarshal(raw, &events); err != nil {
		return batch, nil, err
	}
	for _, event := range events {
		batch.IDs = append(batch.IDs, event["event_id"].(string))
	}
	return batch, events, nil
}

// Events are those of a type that were taken, each once.
func (e *Edge) Events(kind string) []Object {
	e.taken.mu.Lock()
	defer e.taken.mu.Unlock()
	var found []Object
	for _, event := range e.taken.events {
		if event["type"] == kind {
			found = append(found, event)
		}
	}
	return found
}

// Batches are all requests of events that were taken.
func (e *Edge) Batches() []Batch {
	e.taken.mu.Lock()
	defer e.taken.mu.Unlock()
	return append([]Batch(nil), e.taken.batches...)
}
