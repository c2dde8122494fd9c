package ff_test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"math"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/edgetest"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
)

// reporting is a document with a flag that asks for exposures, one that doesn't, and one with an experiment by company.
func reporting() object {
	document := edgetest.Document(3, object{
		"asks":    edgetest.Boolean("on"),
		"silent":  edgetest.Boolean("on"),
		"pricing": edgetest.Flag("string", object{"old": "old", "new": "new"}, "old"),
	})
	document["flags"].(object)["asks"].(object)["report_exposures"] = true
	document["flags"].(object)["asks"].(object)["exposure_attributes"] = []string{"plan", "address.city", "email"}
	document["experiments"] = object{"pricing-test": object{
		"key": "pricing-test", "flag": "pricing", "mode": "assigns", "start_at": 1000, "traffic": 100, "bucket_by": "company",
		"variations": []object{{"key": "old", "weight": 50}, {"key": "new", "weight": 50}}, "phase": 2,
	}}
	return document
}

func reportingClient(t *testing.T, edit ...func(*ff.Config)) (*edgetest.Edge, *ff.Client) {
	edge := edgetest.New(t, object{})
	edge.Put(reporting())
	return edge, client(t, edge, edit...)
}

func user() ff.User {
	return ff.User{Key: "u1", Attributes: object{
		"company": "acme", "country": "NO", "plan": "pro", "email": "a@b.no",
		"address": object{"city": "Oslo", "street": "Storgata"}, "since": time.Unix(0, 0),
	}}
}

func TestAnExposureSaysWhatWasServed(t *testing.T) {
	edge, c := reportingClient(t)
	for range 3 {
		c.IsEnabled("asks", user())
		c.IsEnabled("silent", user())
		c.String("pricing", user(), "")
		c.AllFlags(user())
		c.Explain("pricing", user())
		c.IsEnabled("pricing", user())
		c.IsEnabled("asks", nil)
	}
	variant := c.Detail("pricing", user(), nil).Variant
	flush(c)
	told := map[string]object{}
	for _, each := range edge.Events("exposure") {
		if told[each["flag"].(string)] != nil {
			t.Errorf("told twice: %v", each)
		}
		told[each["flag"].(string)] = each
		if id := each["event_id"].(string); len(id) != 36 || id[14] != '7' || !strings.ContainsRune("89ab", rune(id[19])) {
			t.Errorf("%s is no UUIDv7", id)
		}
		if at, err := time.Parse(time.RFC3339, each["timestamp"].(string)); err != nil || time.Since(at).Abs() > time.Hour {
			t.Errorf("at %v", each["timestamp"])
		}
		delete(each, "event_id")
		delete(each, "timestamp")
	}
	want := map[string]object{
		"asks": {
			"type": "exposure", "user_key": "u1", "flag": "asks", "variation": "on", "experiments": []any{}, "config_version": 3.0,
			"context": object{"country": "NO", "plan": "pro", "email": "a@b.no", "address": object{"city": "Oslo"}},
		},
		"pricing": {
			"type": "exposure", "user_key": "u1", "flag": "pricing", "variation": variant, "experiment": "pricing-test",
			"experiments": []any{object{"key": "pricing-test", "phase": 2.0}}, "config_version": 3.0, "unit_key": "acme",
			"context": object{"country": "NO"},
		},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %v\nwant %v", told, want)
	}
}

func TestExposuresMayBeManualOrOff(t *testing.T) {
	edge, c := reportingClient(t, func(config *ff.Config) { config.Exposures = ff.ExposeManual })
	c.IsEnabled("asks", "u1")
	c.TrackExposure("silent", "u1")
	flush(c)
	if told := edge.Events("exposure"); len(told) != 1 || told[0]["flag"] != "silent" {
		t.Errorf("told %v", told)
	}
	edge, c = reportingClient(t, func(config *ff.Config) { config.Exposures = ff.ExposeOff })
	c.IsEnabled("asks", "u1")
	c.TrackExposure("silent", "u1")
	flush(c)
	if told := edge.Events("exposure"); len(told) != 0 {
		t.Errorf("told %v", told)
	}
}

func TestWhatIsPrivateStaysAndKeysAreHashed(t *testing.T) {
	edge, c := reportingClient(t, func(config *ff.Config) {
		config.PrivateAttributes, config.HashKeysWith = []string{"email", "address"}, "secret"
	})
	c.IsEnabled("asks", user())
	c.String("pricing", user(), "")
	c.TrackMetric("purchase", 12.5, user(), object{"email": "a@b.no", "address": object{"city": "Oslo"}, "currency": "EUR"})
	flush(c)
	code := hmac.New(sha256.New, []byte("secret"))
	code.Write([]byte("u1"))
	hashed := hex.EncodeToString(code.Sum(nil))
	told := append(edge.Events("exposure"), edge.Events("metric")...)
	for _, each := range told {
		text := fmt.Sprint(each)
		if each["user_key"] != hashed || strings.Contains(text, "a@b.no") || strings.Contains(text, "Oslo") || strings.Contains(text, "acme") {
			t.Errorf("told %v", each)
		}
	}
	if len(told) != 3 || !reflect.DeepEqual(told[2]["properties"], object{"currency": "EUR"}) {
		t.Errorf("told %v", told)
	}
}

func TestAMetricEventHasAFiniteNumberOrNone(t *testing.T) {
	edge, c := reportingClient(t)
	for _, value := range []any{1, 2.5, nil, int64(3), uint8(4)} {
		c.TrackMetric("taken", value, "u1")
	}
	for _, value := range []any{math.NaN(), math.Inf(1), "5", true, 1e16} {
		c.TrackMetric("dropped", value, "u1")
	}
	c.TrackMetric("dropped", 1, "")
	c.TrackMetric("", 1, "u1")
	flush(c)
	var values []any
	for _, each := range edge.Events("metric") {
		values = append(values, each["value"])
	}
	if !reflect.DeepEqual(values, []any{1.0, 2.5, nil, 3.0, 4.0}) {
		t.Errorf("told %v", values)
	}
	if counts := c.Status().Events; counts.Dropped["invalid"] != 7 || counts.Sent != int64(len(values)) || counts.Queued != 0 {
		t.Errorf("counted %+v", counts)
	}
}

func TestUsageIsCounted(t *testing.T) {
	edge, c := reportingClient(t)
	for range 3 {
		c.IsEnabled("silent", "u1")
	}
	c.String("silent", "u1", "")
	c.IsEnabled("unknown", "u1")
	c.AllFlags("u1")
	flush(c)
	told := map[string]float64{}
	for _, event := range edge.Events("usage") {
		for _, each := range event["counts"].([]any) {
			count := each.(object)
			if count["sdk"] != "go/"+ff.Version {
				t.Errorf("told %v", count)
			}
			name := fmt.Sprint(count["flag"], " ", count["variation"], " ", count["reason"], " ", count["error"], " ", count["bulk"])
			told[name] += count["count"].(float64)
		}
	}
	want := map[string]float64{
		"silent on STATIC <nil> <nil>":             3,
		"silent <nil> ERROR TYPE_MISMATCH <nil>":   1,
		"unknown <nil> ERROR FLAG_NOT_FOUND <nil>": 1,
		"silent on STATIC <nil> true":              1,
		"asks on STATIC <nil> true":                1,
		"pricing old DEFAULT <nil> true":           1,
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %v", told)
	}
}

func TestABatchIsRetriedWithTheSameIDs(t *testing.T) {
	edge, c := reportingClient(t, func(config *ff.Config) { config.NoUsage, config.FlushInterval = true, time.Millisecond })
	var seen [][]string
	var requests atomic.Int64
	edge.Handle("/v1/events", func(w http.ResponseWriter, r *http.Request) {
		batch, _, err := edgetest.Unpack(r)
		if err != nil || !batch.Packed {
			t.Errorf("%v, packed: %v", err, batch.Packed)
		}
		seen = append(seen, batch.IDs)
		if number := requests.Add(1); number < 3 {
			w.WriteHeader([]int{503, 500}[number-1])
			return
		}
		w.WriteHeader(http.StatusAccepted)
		_, _ = w.Write([]byte(`{"accepted": 0, "rejected": [{"index": 0, "code": "unknown_type", "detail": "type"}]}`))
	})
	c.TrackMetric("conversion", 1, "u1")
	edgetest.Until(t, "the answer is counted", func() bool { return c.Status().Events.Dropped["rejected"] == 1 })
	if len(seen) != 3 || !reflect.DeepEqual(seen[0], seen[1]) || !reflect.DeepEqual(seen[0], seen[2]) {
		t.Errorf("sent %v", seen)
	}
}

func TestWhatIsNotTakenIsNotSentAgain(t *testing.T) {
	edge, c := reportingClient(t, func(config *ff.Config) { config.NoUsage = true })
	edge.Handle("/v1/events", edgetest.Status(http.StatusRequestEntityTooLarge))
	c.TrackMetric("conversion", 1, "u1")
	if !flush(c) || len(edge.Requests("/v1/events")) != 1 || c.Status().Events.Dropped["rejected"] != 1 {
		t.Errorf("status %+v", c.Status())
	}
}

func TestAFullQueueDropsTheNewest(t *testing.T) {
	edge, c := reportingClient(t, func(config *ff.Config) { config.QueueSize, config.BatchSize, config.NoUsage = 10, 4, true })
	edge.Handle("/v1/events", edgetest.Status(http.StatusServiceUnavailable))
	for i := range 25 {
		c.TrackMetric("conversion", i, "u1")
	}
	if counts := c.Status().Events; counts.Queued != 10 || counts.Dropped["queue_full"] != 15 {
		t.Errorf("counted %+v", counts)
	}
	edge.Handle("/v1/events", nil)
	if !flush(c) {
		t.Fatal("not flushed")
	}
	var values []float64
	for _, each := range edge.Events("metric") {
		values = append(values, each["value"].(float64))
	}
	if !reflect.DeepEqual(values, []float64{0, 1, 2, 3, 4, 5, 6, 7, 8, 9}) {
		t.Errorf("told %v", values)
	}
	for _, batch := range edge.Batches() {
		if len(batch.IDs) > 4 {
			t.Errorf("a batch of %d", len(batch.IDs))
		}
	}
}

func TestABatchIsNotTooLarge(t *testing.T) {
	edge, c := reportingClient(t, func(config *ff.Config) { config.NoUsage = true })
	for range 100 {
		c.TrackMetric("conversion", 1, "u1", object{"text": strings.Repeat("x", 30_000)})
	}
	c.TrackMetric("conversion", 1, "u1", object{"text": strings.Repeat("x", 40_000)})
	if !flush(c) || len(edge.Events("metric")) != 100 || c.Status().Events.Dropped["too_large"] != 1 {
		t.Errorf("status %+v", c.Status())
	}
	for _, batch := range edge.Batches() {
		if batch.Bytes > 900_000 {
			t.Errorf("a batch of %d bytes", batch.Bytes)
		}
	}
}

func TestEventsGoWhereTheEdgeSays(t *testing.T) {
	ingestor := edgetest.New(t, object{})
	edge := edgetest.New(t, one("on"))
	edge.Handle("/v1/environment", func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprintf(w, `{"environment": "e", "project": "p", "events_url": %q}`, ingestor.URL+"/")
	})
	c := client(t, edge)
	c.TrackMetric("conversion", nil, "u1")
	flush(c)
	if len(ingestor.Events("metric")) != 1 || len(edge.Requests("/v1/events")) != 0 {
		t.Error("it went elsewhere")
	}
}

func TestNothingWaitsForAnIngestorThatIsGone(t *testing.T) {
	edge, c := reportingClient(t, func(config *ff.Config) { config.NoUsage = true })
	held := make(chan struct{})
	edge.Handle("/v1/events", func(_ http.ResponseWriter, r *http.Request) {
		select {
		case <-held:
		case <-r.Context().Done():
		}
	})
	t.Cleanup(func() { close(held) })
	for i := range 30_000 {
		c.IsEnabled("asks", fmt.Sprint("u", i))
	}
	if counts := c.Status().Events; counts.Queued != 10_000 || counts.Dropped["queue_full"] != 20_000 {
		t.Errorf("counted %+v", counts)
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	if err := c.Shutdown(ctx); err != ff.ErrEventsLost || c.Status().Events.Dropped["closed"] != 10_000 {
		t.Errorf("%v, status %+v", err, c.Status())
	}
	if !c.IsEnabled("asks", "u") {
		t.Error("a closed client goes on with what it holds")
	}
}

func TestAnExposureIsToldAgainAfterAWhile(t *testing.T) {
	times := hurried()
	times.Exposure = time.Millisecond
	pace.Use(times)
	t.Cleanup(func() { pace.Use(hurried()) })
	edge, c := reportingClient(t)
	edgetest.Until(t, "it is told again", func() bool {
		c.IsEnabled("asks", "u1")
		return flush(c) && len(edge.Events("exposure")) > 1
	})
}

func TestOfflineNothingIsSent(t *testing.T) {
	edge := edgetest.New(t, one("off"))
	c := client(t, edge, func(config *ff.Config) { config.Offline, config.Bootstrap = true, reporting() })
	if !c.IsEnabled("asks", "u1") || c.Status().Source != "bootstrap" || c.Status().State != ff.StateOffline {
		t.Errorf("status %+v", c.Status())
	}
	c.TrackMetric("conversion", 1, "u1")
	if !flush(c) || len(edge.Requests("/v1/events"))+len(edge.Requests("/v1/config")) != 0 {
		t.Error("something was sent")
	}
}
