package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	unleash "github.com/Unleash/unleash-go-sdk/v5"
	"github.com/Unleash/unleash-go-sdk/v5/context"
)

func constraint(name, operator, value string, inverted bool, values ...any) object {
	return object{"contextName": name, "operator": operator, "values": values, "value": value, "inverted": inverted}
}

func unleashFeature(number int) object {
	everybody := func(more object) object {
		more["name"], more["parameters"] = "default", object{}
		return more
	}
	return object{"name": key(number), "type": "release", "enabled": true, "strategies": []any{
		everybody(object{"constraints": []any{
			constraint("country", "IN", "", false, countries(number)...), constraint("plan", "IN", "", false, "pro")}}),
		everybody(object{"constraints": []any{constraint("age", "NUM_GTE", "18", false)}, "segments": []any{1}}),
		object{
			"name": "flexibleRollout", "parameters": object{"rollout": "50", "stickiness": "userId", "groupId": key(number)},
			"constraints": []any{
				constraint("email", "STR_ENDS_WITH", "", false, "@example.com"), constraint("version", "SEMVER_LT", "1.2.0", true)},
		},
	}}
}

// answering answers every request with the features, without any connection.
type answering []byte

func (features answering) RoundTrip(request *http.Request) (*http.Response, error) {
	header := http.Header{"Content-Type": {"application/json"}}
	return &http.Response{StatusCode: http.StatusOK, Header: header, Body: io.NopCloser(bytes.NewReader(features)), Request: request}, nil
}

// unleashPeer is Unleash's SDK, whose one fetch is answered here; it sends no metrics. Its segments come with a fetch alone.
func unleashPeer() (*peer, error) {
	var features []any
	for number := range flagCount {
		features = append(features, unleashFeature(number))
	}
	text, err := json.Marshal(object{"version": 2, "features": features, "segments": []any{object{"id": 1, "constraints": []any{
		constraint("country", "IN", "", false, "US"), constraint("plan", "NOT_IN", "", false, "free"),
		constraint("age", "NUM_GT", "18", false), constraint("email", "STR_CONTAINS", "", false, "+"),
	}}}})
	if err != nil {
		return nil, err
	}
	folder, err := os.MkdirTemp("", "bench")
	if err != nil {
		return nil, err
	}
	client, err := unleash.NewClient(
		unleash.WithUrl("http://none.invalid/api/"), unleash.WithAppName("bench"), unleash.WithDisableMetrics(true),
		unleash.WithBackupPath(folder), unleash.WithRefreshInterval(time.Hour),
		unleash.WithHttpClient(&http.Client{Transport: answering(text)}), unleash.WithListener(&unleash.NoopListener{}),
	)
	if err != nil {
		return nil, err
	}
	client.WaitForReady()
	asker := func(user attributes) func() bool {
		asked := context.Context{UserId: user["targetingKey"].(string), Properties: map[string]string{}}
		for name, value := range user {
			if name != "targetingKey" {
				asked.Properties[name] = fmt.Sprint(value)
			}
		}
		return func() bool { return client.IsEnabled(measured, unleash.WithContext(asked)) }
	}
	done := func() {
		_ = client.Close()
		_ = os.RemoveAll(folder)
	}
	return &peer{"Unleash", "5.1.0", "Murmur3; its one fetch is answered by a transport, its metrics are off", asker, done}, nil
}
