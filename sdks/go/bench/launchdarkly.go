package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"github.com/launchdarkly/go-sdk-common/v3/ldcontext"
	"github.com/launchdarkly/go-sdk-common/v3/ldlog"
	"github.com/launchdarkly/go-sdk-common/v3/ldvalue"
	ld "github.com/launchdarkly/go-server-sdk/v7"
	"github.com/launchdarkly/go-server-sdk/v7/ldcomponents"
	"github.com/launchdarkly/go-server-sdk/v7/ldfiledata"
)

func clause(attribute, operator string, negate bool, values ...any) object {
	return object{"attribute": attribute, "op": operator, "values": values, "negate": negate}
}

func launchDarklyFlag(number int) object {
	halves := object{"variations": []any{object{"variation": 0, "weight": 50_000}, object{"variation": 1, "weight": 50_000}}}
	return object{
		"key": key(number), "version": 1, "on": true, "variations": []any{true, false}, "offVariation": 1,
		"fallthrough": object{"variation": 1}, "salt": "benchmark-salt",
		"rules": []any{
			object{"id": "1", "variation": 0, "clauses": []any{
				clause("country", "in", false, countries(number)...), clause("plan", "in", false, "pro")}},
			object{"id": "2", "variation": 0, "clauses": []any{
				clause("age", "greaterThanOrEqual", false, 18), clause("", "segmentMatch", false, "beta")}},
			object{"id": "3", "rollout": halves, "clauses": []any{
				clause("email", "endsWith", false, "@example.com"), clause("version", "semVerLessThan", true, "1.2.0")}},
		},
	}
}

// launchDarkly is LaunchDarkly's SDK with flags from a file, sending no events. Its builder of test data knows neither segments
// nor rollouts nor most operators; the file source of the same package takes flags in their full form.
func launchDarkly() (*peer, error) {
	segment := object{"key": "beta", "version": 1, "salt": "salt", "rules": []any{object{"id": "1", "clauses": []any{
		clause("country", "in", false, "US"), clause("plan", "in", true, "free"),
		clause("age", "greaterThan", false, 18), clause("email", "contains", false, "+"),
	}}}}
	text, err := json.Marshal(object{"flags": flags(launchDarklyFlag), "segments": object{"beta": segment}})
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	file := filepath.Join(folder, "flags.json")
	if err := os.WriteFile(file, text, 0o600); err != nil {
		return nil, err
	}
	client, err := ld.MakeCustomClient("none", ld.Config{
		DataSource:       ldfiledata.DataSource().FilePaths(file),
		Events:           ldcomponents.NoEvents(),
		DiagnosticOptOut: true,
		Logging:          ldcomponents.Logging().MinLevel(ldlog.Error),
	}, 5*time.Second)
	if err != nil {
		return nil, err
	}
	asker := func(user attributes) func() bool {
		builder := ldcontext.NewBuilder(user["targetingKey"].(string))
		for name, value := range user {
			if name != "targetingKey" {
				builder.SetValue(name, ldvalue.CopyArbitraryValue(value))
			}
		}
		context := builder.Build()
		return func() bool {
			served, err := client.BoolVariation(measured, context, false)
			return served && err == nil
		}
	}
	return &peer{"LaunchDarkly", ld.Version, "SHA-1; from its file source, sending no events", asker, func() { _ = client.Close() }}, nil
}
