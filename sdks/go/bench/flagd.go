package main

import (
	"context"
	"encoding/json"

	"github.com/open-feature/flagd/core/pkg/evaluator"
	"github.com/open-feature/flagd/core/pkg/logger"
	"github.com/open-feature/flagd/core/pkg/store"
	"github.com/open-feature/flagd/core/pkg/sync"
	"go.uber.org/zap"
)

func logic(operator string, attribute string, values ...any) object {
	return object{operator: append([]any{object{"var": attribute}}, values...)}
}

func flagdFlag(number int) object {
	targeting := object{"if": []any{
		all(logic("in", "country", countries(number)), logic("==", "plan", "pro")), "on",
		all(logic(">=", "age", 18), object{"$ref": "beta"}), "on",
		all(logic("ends_with", "email", "@example.com"), logic("sem_ver", "version", ">=", "1.2.0")),
		object{"fractional": []any{[]any{"on", 50}, []any{"off", 50}}},
		"off",
	}}
	return object{"state": "ENABLED", "variants": object{"on": true, "off": false}, "defaultVariant": "off", "targeting": targeting}
}

// flagdPeer is flagd's engine for use within a process, without OpenFeature's client and provider around it.
func flagdPeer() (*peer, error) {
	shared := all(
		logic("==", "country", "US"), logic("!=", "plan", "free"), logic(">", "age", 18),
		object{"in": []any{"+", object{"var": "email"}}},
	)
	text, err := json.Marshal(object{"flags": flags(flagdFlag), "$evaluators": object{"beta": shared}})
	if err != nil {
		return nil, err
	}
	quiet := logger.NewLogger(zap.NewNop(), false)
	flagStore, err := store.NewStore(quiet, []string{"bench"})
	if err != nil {
		return nil, err
	}
	held := evaluator.NewJSON(quiet, flagStore)
	if err := held.SetState(sync.DataSync{FlagData: string(text), Source: "bench"}); err != nil {
		return nil, err
	}
	background := context.Background()
	asker := func(user attributes) func() bool {
		return func() bool {
			served, _, _, _, err := held.ResolveBooleanValue(background, "", measured, user)
			return served && err == nil
		}
	}
	return &peer{"flagd", "0.13.3", "Murmur3; its engine alone", asker, func() {}}, nil
}
