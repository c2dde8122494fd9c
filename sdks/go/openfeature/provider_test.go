package ffopenfeature_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/edgetest"
	ffopenfeature "github.com/feature-flag-platform/sdk/go/openfeature"
	"github.com/open-feature/go-sdk/openfeature"
)

type object = map[string]any

var someone = openfeature.NewEvaluationContext("u1", object{"country": "NO"})

func served(t *testing.T) *edgetest.Edge {
	reported := edgetest.Boolean("on")
	reported["report_exposures"] = true
	reported["metadata"] = object{"owner": "shop"}
	off := edgetest.Flag("string", object{"grey": "grey", "green": "green"}, "green")
	off["enabled"] = false
	return edgetest.New(t, object{
		"new-checkout": reported, "color": off,
		"size":  edgetest.Flag("integer", object{"small": 1, "large": 2}, "large"),
		"rate":  edgetest.Flag("number", object{"low": 0.5, "high": 1}, "low"),
		"theme": edgetest.Flag("object", object{"dark": object{"background": "black"}, "light": object{}}, "dark"),
	})
}

// asking is OpenFeature's client over a provider of the edge, and the channel of its events.
func asking(t *testing.T, edge *edgetest.Edge) (*openfeature.Client, *ff.Client) {
	client := ff.NewClient(ff.Config{EnvKey: edgetest.Key, Endpoint: edge.URL, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	if err := openfeature.SetNamedProviderAndWait(t.Name(), ffopenfeature.NewProvider(client)); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(openfeature.Shutdown)
	return openfeature.NewClient(t.Name()), client
}

func TestTheFiveTypesAreServed(t *testing.T) {
	c, _ := asking(t, served(t))
	ctx := context.Background()
	if value, err := c.BooleanValue(ctx, "new-checkout", false, someone); err != nil || !value {
		t.Error(value, err)
	}
	if value, err := c.StringValue(ctx, "color", "blue", someone); err != nil || value != "grey" {
		t.Error(value, err)
	}
	if value, err := c.IntValue(ctx, "size", 7, someone); err != nil || value != 2 {
		t.Error(value, err)
	}
	if value, err := c.FloatValue(ctx, "rate", 7, someone); err != nil || value != 0.5 {
		t.Error(value, err)
	}
	if value, err := c.ObjectValue(ctx, "theme", nil, someone); err != nil || !reflect.DeepEqual(value, object{"background": "black"}) {
		t.Error(value, err)
	}
	if value, err := c.StringValue(ctx, "size", "seven", someone); err == nil || value != "seven" {
		t.Error(value, err)
	}
}

func TestDetailsTellWhatTheClientTells(t *testing.T) {
	c, _ := asking(t, served(t))
	told, err := c.BooleanValueDetails(context.Background(), "new-checkout", false, someone)
	want := openfeature.FlagMetadata{
		"owner": "shop", "version": "1", "flagSetId": "shop/production", "ageSeconds": int64(0), "contextId": "u1",
	}
	if err != nil || told.Variant != "on" || told.Reason != openfeature.StaticReason || !reflect.DeepEqual(told.FlagMetadata, want) {
		t.Errorf("%v: %+v", err, told)
	}
	for flag, code := range map[string]openfeature.ErrorCode{
		"unknown": openfeature.FlagNotFoundCode, "theme": openfeature.TypeMismatchCode,
	} {
		told, err := c.BooleanValueDetails(context.Background(), flag, true, someone)
		if err == nil || told.ErrorCode != code || !told.Value || told.Reason != openfeature.ErrorReason {
			t.Errorf("%s: %v: %+v", flag, err, told)
		}
	}
}

func TestExposuresAndTrackedEventsReachTheIngestor(t *testing.T) {
	edge := served(t)
	c, client := asking(t, edge)
	if value, err := c.BooleanValue(context.Background(), "new-checkout", false, someone); err != nil || !value {
		t.Fatal(value, err)
	}
	c.Track(context.Background(), "purchase", someone, openfeature.NewTrackingEventDetails(12.5).Add("currency", "EUR"))
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	exposures, metrics := edge.Events("exposure"), edge.Events("metric")
	if len(exposures) != 1 || exposures[0]["user_key"] != "u1" || !reflect.DeepEqual(exposures[0]["context"], object{"country": "NO"}) {
		t.Errorf("told %v", exposures)
	}
	if len(metrics) != 1 || metrics[0]["value"] != 12.5 || !reflect.DeepEqual(metrics[0]["properties"], object{"currency": "EUR"}) {
		t.Errorf("told %v", metrics)
	}
}

func TestAChangeIsAnEventWithTheFlagsNames(t *testing.T) {
	edge := served(t)
	c, client := asking(t, edge)
	changed := make(chan []string, 10)
	tell := func(details openfeature.EventDetails) { changed <- details.FlagChanges }
	c.AddHandler(openfeature.ProviderConfigChange, &tell)
	edgetest.Until(t, "it streams", func() bool { return client.Status().Mode == "stream" })
	edge.Change(object{"size": edgetest.Flag("integer", object{"small": 1, "large": 2}, "small")})
	if keys := told(t, changed); !slices.Equal(keys, []string{"size"}) {
		t.Errorf("told %v", keys)
	}
}

func TestAKeyThatIsRevokedIsAnErrorAndWhatIsHeldIsServed(t *testing.T) {
	edge := served(t)
	c, client := asking(t, edge)
	failed := make(chan string, 10)
	tell := func(details openfeature.EventDetails) { failed <- details.Message }
	c.AddHandler(openfeature.ProviderError, &tell)
	edgetest.Until(t, "it streams", func() bool { return client.Status().Mode == "stream" })
	edge.Handle("/v1/stream", edgetest.Status(http.StatusUnauthorized))
	edge.CutStreams()
	if message := told(t, failed); !strings.Contains(message, "the SDK key is refused") {
		t.Errorf("told %s", message)
	}
	if value, err := c.IntValue(context.Background(), "size", 7, someone); err != nil || value != 2 {
		t.Error(value, err)
	}
}

func TestARefusedKeyIsFatal(t *testing.T) {
	edge := served(t)
	client := ff.NewClient(ff.Config{EnvKey: "srv_other", Endpoint: edge.URL, Logger: slog.New(slog.NewTextHandler(io.Discard, nil))})
	err := openfeature.SetNamedProviderAndWait(t.Name(), ffopenfeature.NewProvider(client))
	t.Cleanup(openfeature.Shutdown)
	var told *openfeature.ProviderInitError
	if !errors.As(err, &told) || told.ErrorCode != openfeature.ProviderFatalCode {
		t.Errorf("told %v", err)
	}
}

func told[T any](t *testing.T, channel <-chan T) T {
	t.Helper()
	select {
	case value := <-channel:
		return value
	case <-time.After(20 * time.Second):
		t.Fatal("nothing was told")
		panic("unreachable")
	}
}

func TestFlagsInMemoryAreDecidedByTheSameEngine(t *testing.T) {
	provider := ffopenfeature.NewInMemoryProvider()
	flag := provider.Flag("new-checkout", nil).Serve("on", object{"country": []string{"NO", "SE"}, "plan": "pro"}).
		ServeTo("on", "tester").Otherwise("off")
	provider.Flag("size", object{"small": 1, "large": 2}).Otherwise("large")
	if err := openfeature.SetNamedProviderAndWait(t.Name(), provider); err != nil {
		t.Fatal(err)
	}
	c := openfeature.NewClient(t.Name())
	on := func(key string, attributes object) bool {
		value, err := c.BooleanValue(context.Background(), "new-checkout", false, openfeature.NewEvaluationContext(key, attributes))
		if err != nil {
			t.Error(err)
		}
		return value
	}
	if !on("u", object{"country": "SE", "plan": "pro"}) || on("u", object{"country": "SE"}) || !on("tester", nil) || on("u", nil) {
		t.Error("the rules are not followed")
	}
	if size, err := c.IntValue(context.Background(), "size", 7, someone); err != nil || size != 2 {
		t.Error(size, err)
	}
	flag.Off("off")
	if on("tester", nil) {
		t.Error("it is off")
	}
}
