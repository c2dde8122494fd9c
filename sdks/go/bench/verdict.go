package main

import (
	"encoding/json"
	"io"
	"log/slog"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

func compared(attribute, operator string, value any) object {
	return object{"attribute": attribute, "operator": operator, "value": value}
}

func all(conditions ...any) object { return object{"and": conditions} }

func ours(number int) object {
	on := object{"variation": "on"}
	halves := object{"rollout": object{"variations": []any{object{"key": "on", "weight": 50}, object{"key": "off", "weight": 50}}}}
	return object{
		"type": "boolean", "variations": object{"on": true, "off": false}, "off_variation": "off", "default": object{"variation": "off"},
		"rules": []any{
			object{"if": all(compared("country", "in", countries(number)), compared("plan", "eq", "pro")), "then": on},
			object{"if": all(compared("age", "gte", 18), object{"segment": "beta"}), "then": on},
			object{"if": all(compared("email", "ends_with", "@example.com"), compared("version", "semver_gte", "1.2.0")), "then": halves},
		},
	}
}

func document() ([]byte, error) {
	return json.Marshal(object{"salt": "benchmark-salt", "version": 1, "flags": flags(ours), "segments": object{"beta": object{
		"if": all(compared("country", "eq", "US"), compared("plan", "ne", "free"), compared("age", "gt", 18), compared("email", "contains", "+")),
	}}})
}

// verdict is this SDK's client, which reads the clock and counts what it serves.
func verdict() (*peer, error) {
	text, err := document()
	if err != nil {
		return nil, err
	}
	client := ff.NewClient(ff.Config{
		EnvKey: "none", Endpoint: "http://none.invalid", Offline: true, Bootstrap: text, Logger: slog.New(slog.NewTextHandler(io.Discard, nil)),
	})
	asker := func(user attributes) func() bool {
		return func() bool { return client.IsEnabled(measured, map[string]any(user)) }
	}
	return &peer{"Verdict", "here", "SHA-256; the client, with its clock and its counts of usage", asker, func() { _ = client.Close() }}, nil
}

// verdictEngine is the engine under it.
func verdictEngine() (*peer, error) {
	text, err := document()
	if err != nil {
		return nil, err
	}
	set, err := engine.FromDocument(text, nil)
	if err != nil {
		return nil, err
	}
	asker := func(user attributes) func() bool {
		return func() bool { return set.Evaluate(measured, user, time.Now().UnixMilli()).Value == true }
	}
	return &peer{"Verdict, engine alone", "here", "SHA-256; the clock is read at each call", asker, func() {}}, nil
}
