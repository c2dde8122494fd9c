package engine

import (
	"encoding/json"
	"maps"
	"testing"
)

// oddities stand in turn for each part of a document.
var oddities = []any{nil, true, json.Number("-1"), json.Number("1e400"), json.Number("99999999999999999999"), "", "x", []any{}, []any{nil}, map[string]any{}}

// mutated gives the value with each of its parts, at any depth, replaced by each of the oddities, one at a time.
func mutated(value any, take func(any)) {
	for _, odd := range oddities {
		take(odd)
	}
	switch value := value.(type) {
	case map[string]any:
		for name, member := range value {
			mutated(member, func(other any) {
				copied := maps.Clone(value)
				copied[name] = other
				take(copied)
			})
			without := maps.Clone(value)
			delete(without, name)
			take(without)
		}
	case []any:
		for index, element := range value {
			mutated(element, func(other any) {
				copied := append([]any(nil), value...)
				copied[index] = other
				take(copied)
			})
		}
	}
}

const everything = `{"schema_version": 1, "algorithm": "sha256-10000-v1", "salt": "s", "version": 17,
	"flags": {"f": {"key": "f", "type": "boolean", "variations": {"on": true, "off": false}, "off_variation": "off",
		"default": {"rollout": {"variations": [{"key": "on", "weight": 12.5}, {"key": "off", "weight": 87.5}], "bucket_by": "company"}},
		"enabled": true, "prerequisites": [{"flag": "g", "variation": "on"}], "targets": [{"key": "ann", "variation": "on", "expires_at": 9, "override": true}],
		"rules": [{"id": "us", "if": {"and": [{"attribute": "country", "operator": "eq", "value": "US"}, {"not": {"segment": "beta"}}]}, "then": {"variation": "on"}},
			{"field": "plan", "op": "in", "value": ["pro"], "enabled": true}], "metadata": {"owner": "shop"}, "exposure_attributes": ["country"]},
		"g": {"type": "boolean", "variations": {"on": true}, "off_variation": "on", "default": {"variation": "on"}}},
	"segments": {"beta": {"included": ["bob"], "excluded": ["eve"], "if": {"attribute": "version", "operator": "semver_gt", "value": "1.2.0"}},
		"long": {"long_list": {"included": 1, "excluded": 0, "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
			"chunks": [{"number": 1, "digest": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"}]}}},
	"experiments": {"e": {"flag": "f", "mode": "assigns", "variations": [{"key": "on", "weight": 50}, {"key": "off", "weight": 50}], "start_at": 1, "stop_at": 99,
		"traffic": 20, "audience": {"segment": "long"}, "layer": {"key": "l", "start": 0, "end": 5000}, "holdouts": [{"key": "h", "share": 5}], "phase": 2, "seed": "x"}},
	"remote_configs": {"c": {"value": {"columns": 2}, "resolve": "merge", "invalid": [[0, 1]],
		"overrides": [{"id": "a", "segment": "beta", "value": {"columns": 3}}, {"if": {"attribute": "ip", "operator": "in_cidr", "value": "10.0.0.0/8"}, "value": {"x": null}}]}}}`

func TestNoPartOfADocumentMakesTheEnginePanic(t *testing.T) {
	good := read(t, everything, nil)
	if defects := good.Defects(); len(defects) > 0 {
		t.Fatalf("the document itself has %+v", defects)
	}
	whole, err := decoded([]byte(everything))
	if err != nil {
		t.Fatal(err)
	}
	context := map[string]any{"targetingKey": "ann", "country": "US", "company": "acme", "version": "1.3.0", "ip": "10.1.2.3"}
	documents, taken := 0, 0
	mutated(whole, func(other any) {
		documents++
		text, err := json.Marshal(other)
		if err != nil {
			t.Fatal(err)
		}
		for _, before := range []*FlagSet{nil, good} {
			set, err := FromDocument(text, before)
			if err != nil {
				continue
			}
			taken++
			for _, key := range []string{"f", "g", "c", "nothing"} {
				if found := set.Evaluate(key, context, 5); found.ErrorCode == General {
					t.Errorf("%s: %+v", text, found)
				}
				set.Explain(key, context, 5)
			}
			set.ChangedSince(good)
			set.MissingChunks()
		}
		if _, err := good.With(text); err != nil {
			return
		}
	})
	if documents < 1000 || taken < documents {
		t.Errorf("%d documents, %d taken", documents, taken)
	}
}
