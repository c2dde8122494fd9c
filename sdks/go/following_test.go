package ff_test

import (
	"context"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/edgetest"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
)

func one(serves string) object { return object{"new-feature": edgetest.Boolean(serves)} }

func TestChangesComeByTheStream(t *testing.T) {
	edge := edgetest.New(t, one("off"))
	c := client(t, edge)
	edgetest.Until(t, "it streams", func() bool { return c.Status().Mode == "stream" })
	edge.Change(one("on"))
	edgetest.Until(t, "the change is served", func() bool { return c.IsEnabled("new-feature", "u") })
	edge.Put(edgetest.Document(7, one("off")))
	edgetest.Until(t, "the snapshot is served", func() bool { return c.Status().Version == 7 })
	if c.IsEnabled("new-feature", "u") {
		t.Error("the snapshot is not served")
	}
	if asked := len(edge.Requests("/v1/config")); asked != 1 {
		t.Errorf("the document was asked for %d times", asked)
	}
}

func TestAStreamThatIsCutIsResumed(t *testing.T) {
	edge := edgetest.New(t, one("off"))
	c := client(t, edge)
	edgetest.Until(t, "it streams", func() bool { return c.Status().Mode == "stream" })
	edge.CutStreams()
	edge.Change(one("on"))
	edgetest.Until(t, "the change is served", func() bool { return c.IsEnabled("new-feature", "u") })
	for _, each := range edge.Requests("/v1/stream") {
		if each.Header.Get("Last-Event-ID") != "1-d1" {
			t.Errorf("resumed after %q", each.Header.Get("Last-Event-ID"))
		}
	}
}

func TestAnOlderConfigurationIsNotTaken(t *testing.T) {
	edge := edgetest.New(t, one("off"))
	edge.Put(edgetest.Document(5, one("on")))
	c := client(t, edge)
	edgetest.Until(t, "it streams", func() bool { return c.Status().Mode == "stream" })
	edge.Put(edgetest.Document(4, one("off")))
	edgetest.Until(t, "the older one was seen", func() bool { return strings.Contains(c.Status().LastError, "older") })
	if !c.IsEnabled("new-feature", "u") || c.Status().Version != 5 {
		t.Error("the older one was taken")
	}
	edge.Put(edgetest.Document(6, one("off")))
	edgetest.Until(t, "the newer one is taken", func() bool { return c.Status().Version == 6 })
}

func TestAnEdgeThatIsGoneChangesNothing(t *testing.T) {
	edge := edgetest.New(t, one("on"))
	c := client(t, edge)
	edgetest.Until(t, "it streams", func() bool { return c.Status().Mode == "stream" })
	for name, handler := range map[string]http.HandlerFunc{
		"500":  edgetest.Status(http.StatusInternalServerError),
		"html": func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("<html>sign in</html>")) },
		"302": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/v1/elsewhere", http.StatusFound)
		},
		"half an event": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = w.Write([]byte("id: 9-d9\nevent: snapshot\ndata: {"))
		},
		"garbage": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			_, _ = w.Write([]byte("id: 9-d9\nevent: snapshot\ndata: [1, 2]\n\n"))
		},
		"silence": func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "text/event-stream")
			w.WriteHeader(http.StatusOK)
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		},
	} {
		t.Run(name, func(t *testing.T) {
			edge.Handle("/v1/stream", handler)
			edge.Handle("/v1/config", handler)
			before := len(edge.Requests("/v1/stream"))
			edge.CutStreams()
			edgetest.Until(t, "it was tried again", func() bool { return len(edge.Requests("/v1/stream")) >= before+2 })
			if told := c.Detail("new-feature", "u", false); told.Value != true || told.ErrorCode != "" {
				t.Errorf("served %+v", told)
			}
			edge.Handle("/v1/stream", nil)
			edge.Handle("/v1/config", nil)
			version := c.Status().Version
			edge.Change(one("on"))
			edgetest.Until(t, "it is up to date", func() bool { return c.Status().Version == version+1 })
		})
	}
}

func TestItPollsWhereStreamsCantPass(t *testing.T) {
	edge := edgetest.New(t, one("off"))
	edge.Handle("/v1/stream", edgetest.Status(http.StatusBadGateway))
	c := client(t, edge, func(config *ff.Config) { config.PollInterval = 5 * time.Millisecond })
	edgetest.Until(t, "it polls", func() bool { return c.Status().Mode == "poll" })
	edge.Change(one("on"))
	edgetest.Until(t, "the change is served", func() bool { return c.IsEnabled("new-feature", "u") })
	edge.Handle("/v1/stream", nil)
	edgetest.Until(t, "it streams again", func() bool { return c.Status().Mode == "stream" })
}

func TestItMayAlwaysPoll(t *testing.T) {
	edge := edgetest.New(t, one("off"))
	c := client(t, edge, func(config *ff.Config) {
		config.Polling, config.PollInterval = ff.PollAlways, 5*time.Millisecond
	})
	edgetest.Until(t, "it has asked whether it is fresh", func() bool {
		asked := edge.Requests("/v1/config")
		return len(asked) > 2 && asked[len(asked)-1].Header.Get("If-None-Match") == `W/"d1"`
	})
	edge.Change(one("on"))
	edgetest.Until(t, "the change is served", func() bool { return c.IsEnabled("new-feature", "u") })
	if len(edge.Requests("/v1/stream")) != 0 {
		t.Error("it streamed")
	}
}

func TestARefusedKeyIsToldOnceAndNotTriedAgain(t *testing.T) {
	edge := edgetest.New(t, one("on"))
	log := new(journal)
	c := client(t, edge, func(config *ff.Config) { config.EnvKey, config.Logger = "srv_other", log.logger() })
	if c.Status().State != ff.StateRefused || c.IsEnabled("new-feature", "u") {
		t.Errorf("status %+v", c.Status())
	}
	if told := c.Detail("new-feature", "u", nil); told.ErrorCode != ff.ProviderNotReady {
		t.Errorf("told %+v", told)
	}
	if strings.Count(log.String(), "level=ERROR") != 1 || !strings.Contains(log.String(), "unknown, revoked or expired") {
		t.Errorf("logged %s", log)
	}
	if asked := len(edge.Requests("/v1/config")); asked != 1 {
		t.Errorf("asked %d times", asked)
	}
}

func TestAKeyThatIsRevokedEndsTheStreamAndNothingElse(t *testing.T) {
	edge := edgetest.New(t, one("on"))
	c := client(t, edge)
	edgetest.Until(t, "it streams", func() bool { return c.Status().Mode == "stream" })
	edge.Handle("/v1/stream", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusForbidden)
		_, _ = w.Write([]byte(`{"code": "server_key_required", "detail": "a server key is needed here"}`))
	})
	edge.CutStreams()
	edgetest.Until(t, "it is refused", func() bool { return c.Status().State == ff.StateRefused })
	if !c.IsEnabled("new-feature", "u") {
		t.Error("what was held is not served")
	}
	if !strings.Contains(c.Status().LastError, "client key") {
		t.Errorf("told %q", c.Status().LastError)
	}
	c.TrackMetric("conversion", nil, "u")
	edgetest.Until(t, "the event is dropped", func() bool { return flush(c) && c.Status().Events.Dropped["refused"] == 1 })
}

func TestTheNextEndpointIsAskedAndTheFirstAgainLater(t *testing.T) {
	first, second := edgetest.New(t, one("on")), edgetest.New(t, one("on"))
	down := func(status int) {
		first.Handle("/v1/config", edgetest.Status(status))
		first.Handle("/v1/stream", edgetest.Status(status))
		first.Handle("/v1/environment", edgetest.Status(status))
	}
	down(http.StatusServiceUnavailable)
	c := client(t, first, func(config *ff.Config) { config.Endpoints = []string{second.URL + "/"} })
	edgetest.Until(t, "the second is followed", func() bool {
		return c.Status().Endpoint == second.URL && c.Status().Mode == "stream"
	})
	for _, path := range []string{"/v1/config", "/v1/stream", "/v1/environment"} {
		first.Handle(path, nil)
	}
	edgetest.Until(t, "the first is followed again", func() bool { return c.Status().Endpoint == first.URL })
}

func TestRetryAfterIsAMinimum(t *testing.T) {
	edge := edgetest.New(t, one("on"))
	var first, second atomic.Int64
	edge.Handle("/v1/config", func(w http.ResponseWriter, _ *http.Request) {
		if first.CompareAndSwap(0, time.Now().UnixNano()) {
			w.Header().Set("Retry-After", "0.3")
			w.WriteHeader(http.StatusTooManyRequests)
			return
		}
		second.CompareAndSwap(0, time.Now().UnixNano())
		w.WriteHeader(http.StatusServiceUnavailable)
	})
	client(t, edge, func(config *ff.Config) { config.StartWait = ff.NoWait })
	edgetest.Until(t, "it was asked again", func() bool { return second.Load() != 0 })
	if waited := time.Duration(second.Load() - first.Load()); waited < 300*time.Millisecond {
		t.Errorf("asked again after %v", waited)
	}
}

func TestWhatNobodyConfirmsBecomesStale(t *testing.T) {
	times := hurried()
	times.Stale = 100 * time.Millisecond
	pace.Use(times)
	t.Cleanup(func() { pace.Use(hurried()) })
	edge := edgetest.New(t, one("on"))
	c := client(t, edge)
	states := make(chan ff.State, 100)
	c.OnStatus(func(status ff.Status) { states <- status.State })
	edgetest.Until(t, "it streams", func() bool { return c.Status().Mode == "stream" })
	edge.Handle("/v1/stream", edgetest.Status(http.StatusBadGateway))
	edge.Handle("/v1/config", edgetest.Status(http.StatusBadGateway))
	edge.CutStreams()
	await(t, states, ff.StateStale)
	edge.Handle("/v1/stream", nil)
	await(t, states, ff.StateReady)
}

func await(t *testing.T, states <-chan ff.State, wanted ff.State) {
	t.Helper()
	limit := time.After(20 * time.Second)
	for {
		select {
		case state := <-states:
			if state == wanted {
				return
			}
		case <-limit:
			t.Fatalf("%s was never told", wanted)
		}
	}
}

func TestWithoutAConfigurationTheDefaultIsServed(t *testing.T) {
	edge := edgetest.New(t, one("on"))
	edge.Handle("/v1/config", edgetest.Status(http.StatusServiceUnavailable))
	c := client(t, edge, func(config *ff.Config) { config.StartWait = time.Millisecond })
	if told := c.Detail("new-feature", "u", true); told.Value != true || told.ErrorCode != ff.ProviderNotReady {
		t.Errorf("told %+v", told)
	}
	if c.Status().State != ff.StateStarting {
		t.Errorf("state %s", c.Status().State)
	}
	short, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if c.Ready(short) {
		t.Error("it is not ready")
	}
	edge.Handle("/v1/config", nil)
	long, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if !c.Ready(long) || !c.IsEnabled("new-feature", "u") {
		t.Error("it is ready")
	}
}

func TestAMisconfiguredClientSaysSoAndGivesDefaults(t *testing.T) {
	log := new(journal)
	c := ff.NewClient(ff.Config{Endpoint: "edge.example", Logger: log.logger()})
	defer func() { _ = c.Close() }()
	if c.IsEnabled("new-feature", "u") || c.Status().State != ff.StateRefused {
		t.Errorf("status %+v", c.Status())
	}
	if !strings.Contains(log.String(), "EnvKey is needed") || !strings.Contains(log.String(), "is no address") {
		t.Errorf("logged %s", log)
	}
}

func TestTheStoreHasTheLastConfiguration(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "flags")
	kept := func(config *ff.Config) { config.Store = folder }
	edge := edgetest.New(t, one("off"))
	c := client(t, edge, kept)
	edgetest.Until(t, "it streams", func() bool { return c.Status().Mode == "stream" })
	edge.Change(one("on"))
	edgetest.Until(t, "the change is served", func() bool { return c.IsEnabled("new-feature", "u") })
	if err := c.Close(); err != nil {
		t.Fatal(err)
	}
	offline := func(config *ff.Config) { config.Store, config.Offline = folder, true }
	again := client(t, edge, offline)
	if !again.IsEnabled("new-feature", "u") || again.Status().Source != "store" || again.Status().State != ff.StateOffline {
		t.Errorf("status %+v", again.Status())
	}
	other := client(t, edge, offline, func(config *ff.Config) { config.EnvKey = "srv_other" })
	if other.Status().Source != "none" {
		t.Error("the store of another key is used")
	}
	path := filepath.Join(folder, "config.json")
	if err := os.WriteFile(path, []byte("damaged"), 0o600); err != nil {
		t.Fatal(err)
	}
	if damaged := client(t, edge, offline); damaged.Status().Version != 1 {
		t.Errorf("the previous one is not used: %+v", damaged.Status())
	}
}
