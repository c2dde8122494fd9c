// Package edgetest is a small edge and ingestor in the process, for tests.
package edgetest

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// Key is the server key that the edge takes.
const Key = "srv_test"

// heartbeat is between two comments of a stream.
const heartbeat = 20 * time.Millisecond

// Object is a JSON object.
type Object = map[string]any

// Edge serves one environment.
type Edge struct {
	*httptest.Server

	mu       sync.Mutex
	document Object
	changes  []change
	moved    chan struct{}
	cut      chan struct{}
	handlers map[string]http.HandlerFunc
	requests []*http.Request
	taken    taken
}

// change is an event of the stream, and the id that it leads to.
type change struct {
	id   string
	data []byte
}

// New serves a document with these flags until the test ends.
func New(t testing.TB, flags Object) *Edge {
	edge := &Edge{moved: make(chan struct{}), cut: make(chan struct{}), handlers: map[string]http.HandlerFunc{}}
	edge.document = Document(1, flags)
	edge.Server = httptest.NewServer(http.HandlerFunc(edge.serve))
	t.Cleanup(func() {
		edge.CutStreams()
		edge.CloseClientConnections()
		edge.Close()
	})
	return edge
}

// Document is a config document.
func Document(version int, flags Object) Object {
	for key, flag := range flags {
		flag.(Object)["key"] = key
		flag.(Object)["version"] = version
	}
	return Object{
		"schema_version": 1, "algorithm": "sha256-10000-v1", "salt": "salt", "version": version,
		"flags": flags, "segments": Object{}, "experiments": Object{}, "remote_configs": Object{},
	}
}

// Flag is one that serves a variation to everybody.
func Flag(kind string, variations Object, serves string) Object {
	off := serves
	for name := range variations {
		if name != serves {
			off = name
		}
	}
	return Object{
		"type": kind, "variations": variations, "off_variation": off, "enabled": true,
		"default": Object{"variation": serves},
	}
}

// Boolean is a flag with the variations on and off.
func Boolean(serves string) Object { return Flag("boolean", Object{"on": true, "off": false}, serves) }

func (e *Edge) id() string { return fmt.Sprintf("%v-%s", e.document["version"], e.digest()) }

func (e *Edge) digest() string { return fmt.Sprintf("d%v", e.document["version"]) }

// Put serves another document. Streams begin anew with a snapshot.
func (e *Edge) Put(document Object) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.document, e.changes = document, nil
	e.wake()
}

// Change puts flags (nil: gone) instead of theirs, one version on, and tells streams by a change.
func (e *Edge) Change(flags Object) {
	e.mu.Lock()
	defer e.mu.Unlock()
	version := e.document["version"].(int) + 1
	after := maps.Clone(e.document["flags"].(Object))
	for key, flag := range flags {
		if flag == nil {
			delete(after, key)
			continue
		}
		flag.(Object)["key"], flag.(Object)["version"] = key, version
		after[key] = flag
	}
	e.document = maps.Clone(e.document)
	e.document["version"], e.document["flags"] = version, after
	data, _ := json.Marshal(Object{
		"version": version, "flags": flags, "segments": Object{}, "experiments": Object{}, "remote_configs": Object{},
		"versions": Object{},
	})
	e.changes = append(e.changes, change{e.id(), data})
	e.wake()
}

func (e *Edge) wake() {
	close(e.moved)
	e.moved = make(chan struct{})
}

// CutStreams ends all streams.
func (e *Edge) CutStreams() {
	e.mu.Lock()
	defer e.mu.Unlock()
	close(e.cut)
	e.cut = make(chan struct{})
}

// Handle answers a path otherwise from now on; with nil as before.
func (e *Edge) Handle(path string, handler http.HandlerFunc) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.handlers[path] = handler
}

// Status answers a path with a status and nothing else.
func Status(status int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }
}

// Requests are those of a path so far.
func (e *Edge) Requests(path string) []*http.Request {
	e.mu.Lock()
	defer e.mu.Unlock()
	var found []*http.Request
	for _, each := range e.requests {
		if each.URL.Path == path {
			found = append(found, each)
		}
	}
	return found
}

func (e *Edge) serve(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	e.requests = append(e.requests, r)
	handler, cut := e.handlers[r.URL.Path], e.cut
	e.mu.Unlock()
	switch {
	case handler != nil:
		handler(w, r)
	case r.Header.Get("Authorization") != "Bearer "+Key:
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"code": "sdk_key_invalid", "detail": "the SDK key is unknown, revoked or expired"}`))
	case r.URL.Path == "/v1/environment":
		_, _ = w.Write([]byte(`{"environment": "production", "project": "shop", "key_kind": "server", "exposure_attributes": ["country"]}`))
	case r.URL.Path == "/v1/config":
		e.config(w, r)
	case r.URL.Path == "/v1/stream":
		e.stream(w, r, cut)
	case r.URL.Path == "/v1/events":
		e.events(w, r)
	default:
		w.WriteHeader(http.StatusNotFound)
	}
}

func (e *Edge) config(w http.ResponseWriter, r *http.Request) {
	e.mu.Lock()
	tag := `W/"` + e.digest() + `"`
	body, _ := json.Marshal(e.document)
	e.mu.Unlock()
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	_, _ = w.Write(body)
}

func (e *Edge) stream(w http.ResponseWriter, r *http.Request, cut <-chan struct{}) {
	w.Header().Set("Content-Type", "text/event-stream")
	told := r.Header.Get("Last-Event-ID")
	say := func(text string) {
		_, _ = w.Write([]byte(text))
		w.(http.Flusher).Flush()
	}
	say("retry: 1\n\n")
	for {
		e.mu.Lock()
		moved := e.moved
		text := e.since(told)
		told = e.id()
		e.mu.Unlock()
		say(text)
		select {
		case <-moved:
		case <-time.After(heartbeat):
			say(": still here\n\n")
		case <-cut:
			return
		case <-r.Context().Done():
			return
		}
	}
}

// since is what a stream says to who has seen the event told.
func (e *Edge) since(told string) string {
	if told == e.id() {
		return ""
	}
	version, _ := strconv.Atoi(strings.Split(told, "-")[0])
	first := e.document["version"].(int) - len(e.changes)
	if told == "" || version < first || version-first >= len(e.changes) {
		body, _ := json.Marshal(e.document)
		return fmt.Sprintf("id: %s\nevent: snapshot\ndata: %s\n\n", e.id(), body)
	}
	var text strings.Builder
	for _, each := range e.changes[version-first:] {
		fmt.Fprintf(&text, "id: %s\nevent: change\ndata: %s\n\n", each.id, each.data)
	}
	return text.String()
}
