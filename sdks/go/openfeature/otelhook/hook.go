// Package otelhook tells OpenTelemetry of each evaluation.
package otelhook

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"

	"github.com/open-feature/go-sdk/openfeature"
	"github.com/open-feature/go-sdk/openfeature/telemetry"
	"go.opentelemetry.io/otel/log"
)

// Hook writes a log event `feature_flag.evaluation` for each evaluation, by OpenTelemetry's semantic conventions. Its trace is
// that of the evaluation's context.
type Hook struct {
	openfeature.UnimplementedHook
	logger log.Logger
}

// New is a hook that writes by a provider of loggers, for openfeature.AddHooks.
func New(provider log.LoggerProvider) *Hook {
	return &Hook{logger: provider.Logger("github.com/feature-flag-platform/sdk/go/openfeature/otelhook")}
}

// Finally writes the event.
func (h *Hook) Finally(ctx context.Context, asked openfeature.HookContext, told openfeature.InterfaceEvaluationDetails, _ openfeature.HookHints) {
	event := telemetry.CreateEvaluationEvent(asked, told)
	var record log.Record
	record.SetEventName(event.Name)
	record.SetSeverity(log.SeverityInfo)
	for _, name := range slices.Sorted(maps.Keys(event.Attributes)) {
		record.AddAttributes(log.KeyValue{Key: name, Value: valueOf(event.Attributes[name])})
	}
	h.logger.Emit(ctx, record)
}

// valueOf is a value as a log has it; what is no scalar is JSON text.
func valueOf(value any) log.Value {
	switch value := value.(type) {
	case string:
		return log.StringValue(value)
	case bool:
		return log.BoolValue(value)
	case int64:
		return log.Int64Value(value)
	case float64:
		return log.Float64Value(value)
	}
	text, err := json.Marshal(value)
	if err != nil {
		return log.StringValue(fmt.Sprint(value))
	}
	return log.StringValue(string(text))
}
