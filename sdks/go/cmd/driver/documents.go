package main

import (
	"bytes"
	"encoding/json"
	"math"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// read is a JSON value as a Go program writes it. An object `{"$date": ms}`, `{"$integer": text}`, `{"$number": text}`,
// `{"$set": list}` or `{"$odd": true}` stands for what JSON has no form of.
func read(raw json.RawMessage) any {
	if raw == nil {
		return nil
	}
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil
	}
	return special(values.Decoded(value))
}

func special(value any) any {
	switch value := value.(type) {
	case []any:
		for i, each := range value {
			value[i] = special(each)
		}
	case map[string]any:
		for name, each := range value {
			if len(value) == 1 {
				if made, ok := meant(name, each); ok {
					return made
				}
			}
			value[name] = special(each)
		}
	}
	return value
}

func meant(name string, value any) (any, bool) {
	switch name {
	case "$date":
		number, _ := values.NumberOf(value)
		return time.UnixMilli(int64(number.Float64())), true
	case "$integer":
		text, _ := value.(string)
		return values.Decoded(json.Number(text)), true
	case "$number":
		text, _ := value.(string)
		return map[string]float64{"NaN": math.NaN(), "Infinity": math.Inf(1), "-Infinity": math.Inf(-1)}[text], true
	case "$set":
		return special(value), true
	case "$odd":
		return func() {}, true
	}
	return nil, false
}

// document is a detail in the names that all drivers use.
func document(told ff.Detail) map[string]any {
	experiments := told.Experiments
	if experiments == nil {
		experiments = []ff.Phase{}
	}
	metadata := told.Metadata
	if metadata == nil {
		metadata = map[string]any{}
	}
	return map[string]any{
		"value":         told.Value,
		"variant":       orNull(told.Variant),
		"reason":        told.Reason,
		"error_code":    orNull(string(told.ErrorCode)),
		"error_message": orNull(told.ErrorMessage),
		"version":       told.Version,
		"experiment":    orNull(told.Experiment),
		"experiments":   experiments,
		"metadata":      metadata,
	}
}

func orNull(text string) any {
	if text == "" {
		return nil
	}
	return text
}

func statusDocument(status ff.Status) map[string]any {
	return map[string]any{
		"state":        status.State,
		"version":      status.Version,
		"since":        moment(status.Since),
		"confirmed_at": moment(status.ConfirmedAt),
		"source":       status.Source,
		"mode":         status.Mode,
		"endpoint":     orNull(status.Endpoint),
		"last_error":   orNull(status.LastError),
		"events": map[string]any{
			"queued":  status.Events.Queued,
			"sent":    status.Events.Sent,
			"dropped": status.Events.Dropped,
		},
	}
}

func moment(at time.Time) any {
	if at.IsZero() {
		return nil
	}
	return at.UTC().Format(time.RFC3339Nano)
}
