package otelhook_test

import (
	"context"
	"reflect"
	"testing"

	ffopenfeature "github.com/feature-flag-platform/sdk/go/openfeature"
	"github.com/feature-flag-platform/sdk/go/openfeature/otelhook"
	"github.com/open-feature/go-sdk/openfeature"
	"go.opentelemetry.io/otel/log"
	"go.opentelemetry.io/otel/log/embedded"
)

// recorder keeps what is logged.
type recorder struct {
	embedded.LoggerProvider
	records []log.Record
}

func (r *recorder) Logger(string, ...log.LoggerOption) log.Logger { return logger{recorder: r} }

type logger struct {
	embedded.Logger
	recorder *recorder
}

func (l logger) Emit(_ context.Context, record log.Record) {
	l.recorder.records = append(l.recorder.records, record)
}

func (l logger) Enabled(context.Context, log.EnabledParameters) bool { return true }

func TestEachEvaluationIsAnEvent(t *testing.T) {
	provider := ffopenfeature.NewInMemoryProvider()
	provider.Flag("new-checkout", nil).Otherwise("on")
	if err := openfeature.SetNamedProviderAndWait(t.Name(), provider); err != nil {
		t.Fatal(err)
	}
	recorded := new(recorder)
	client := openfeature.NewClient(t.Name())
	client.AddHooks(otelhook.New(recorded))
	someone := openfeature.NewEvaluationContext("u1", nil)
	if value, err := client.BooleanValue(context.Background(), "new-checkout", false, someone); err != nil || !value {
		t.Fatal(value, err)
	}
	if value, err := client.IntValue(context.Background(), "unknown", 7, someone); err == nil || value != 7 {
		t.Fatal(value, err)
	}
	want := []map[string]any{
		{
			"feature_flag.key": "new-checkout", "feature_flag.provider.name": "feature-flag-platform in memory",
			"feature_flag.result.variant": "on", "feature_flag.result.reason": "static", "feature_flag.context.id": "u1",
			"feature_flag.version": "1",
		},
		{
			"feature_flag.key": "unknown", "feature_flag.provider.name": "feature-flag-platform in memory",
			"feature_flag.result.value": "7", "feature_flag.result.reason": "error", "feature_flag.context.id": "u1",
			"error.type": "flag_not_found", "error.message": "there is no such flag",
		},
	}
	var told []map[string]any
	for _, record := range recorded.records {
		if record.EventName() != "feature_flag.evaluation" {
			t.Errorf("the event %q", record.EventName())
		}
		attributes := map[string]any{}
		record.WalkAttributes(func(each log.KeyValue) bool {
			attributes[each.Key] = each.Value.String()
			return true
		})
		told = append(told, attributes)
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %v", told)
	}
}
