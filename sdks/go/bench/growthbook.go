package main

import (
	"context"
	"encoding/json"
	"io"
	"log/slog"

	growthbook "github.com/growthbook/growthbook-golang"
)

func growthBookFeature(number int) object {
	third := object{"email": object{"$regex": `@example\.com$`}, "version": object{"$vgte": "1.2.0"}}
	return object{"defaultValue": false, "rules": []any{
		object{"condition": object{"country": object{"$in": countries(number)}, "plan": "pro"}, "force": true},
		object{"condition": object{"age": object{"$gte": 18}, "$savedGroup": object{"id": "beta"}}, "force": true},
		object{
			"condition": third, "key": key(number), "variations": []any{true, false}, "weights": []any{0.5, 0.5},
			"hashAttribute": "targetingKey",
		},
	}}
}

// growthBook is GrowthBook's SDK with features handed over: without a client key it asks nobody for any.
func growthBook() (*peer, error) {
	group := object{"country": "US", "plan": object{"$ne": "free"}, "age": object{"$gt": 18}, "email": object{"$regex": `\+`}}
	text, err := json.Marshal(object{
		"features": flags(growthBookFeature), "savedGroups": object{"beta": object{"type": "condition", "condition": group}},
	})
	if err != nil {
		return nil, err
	}
	background := context.Background()
	client, err := growthbook.NewClient(background, growthbook.WithLogger(slog.New(slog.NewTextHandler(io.Discard, nil))))
	if err != nil {
		return nil, err
	}
	if err := client.UpdateFromApiResponseJSON(string(text)); err != nil {
		return nil, err
	}
	asker := func(user attributes) func() bool {
		child, err := client.WithAttributes(growthbook.Attributes(user))
		if err != nil {
			return func() bool { return false }
		}
		return func() bool { return child.EvalFeature(background, measured).On }
	}
	return &peer{"GrowthBook", "0.7.0", "FNV-1a; a child client has the context", asker, func() { _ = client.Close() }}, nil
}
