package main

import (
	"encoding/json"
	"errors"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

// item is one evaluation of a batch.
type item struct {
	ID      json.RawMessage `json:"id"`
	Flag    string          `json:"flag"`
	Context json.RawMessage `json:"context"`
	Now     int64           `json:"now"`
}

// evaluate answers by the engine alone.
func (d *driver) evaluate(raw json.RawMessage) (any, error) {
	if d.batch == nil {
		return nil, errors.New("evaluate needs a config: batch first")
	}
	var items []item
	if err := json.Unmarshal(raw, &items); err != nil {
		return nil, err
	}
	told := make([]map[string]any, len(items))
	for i, each := range items {
		told[i] = d.evaluated(each)
	}
	return told, nil
}

func (d *driver) evaluated(asked item) map[string]any {
	decision := &engine.Decision{Flag: asked.Flag, Reason: engine.Error, ErrorCode: engine.InvalidContext}
	context, isObject := read(asked.Context).(map[string]any)
	if isObject || len(asked.Context) == 0 {
		decision = d.batch.Evaluate(asked.Flag, context, asked.Now)
	}
	told := map[string]any{
		"id":                  asked.ID,
		"value":               decision.Value,
		"variation":           decision.Variation,
		"reason":              decision.Reason,
		"errorCode":           orNull(string(decision.ErrorCode)),
		"experiments":         decision.Experiments,
		"bucket_by":           orNull(decision.BucketBy),
		"override":            decision.Override,
		"paused":              orNull(decision.Paused),
		"prerequisite":        orNull(decision.Prerequisite),
		"overrides":           decision.Applied,
		"invalid_combination": decision.InvalidCombination,
		"split":               orNull(decision.Split),
	}
	if decision.ErrorCode != "" {
		told["variation"] = nil
	}
	if decision.Experiments == nil {
		told["experiments"] = []engine.Phase{}
	}
	if decision.Applied == nil {
		told["overrides"] = []string{}
	}
	return told
}
