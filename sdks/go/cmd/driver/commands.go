package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/conformance"
	"github.com/feature-flag-platform/sdk/go/internal/retry"
	"github.com/feature-flag-platform/sdk/go/internal/wall"
)

// command is a line that the driver reads; which fields it has, its name says.
type command struct {
	Do         string          `json:"do"`
	Options    json.RawMessage `json:"options"`
	Flag       string          `json:"flag"`
	Key        string          `json:"key"`
	Name       string          `json:"name"`
	User       json.RawMessage `json:"user"`
	Default    json.RawMessage `json:"default"`
	Type       string          `json:"type"`
	Value      json.RawMessage `json:"value"`
	Properties json.RawMessage `json:"properties"`
	Timeout    float64         `json:"timeout"`
	Flags      []string        `json:"flags"`
	Users      json.RawMessage `json:"users"`
	PerSecond  float64         `json:"per_second"`
	Config     json.RawMessage `json:"config"`
	Items      json.RawMessage `json:"items"`
	Attempts   []int           `json:"attempts"`
	WindowMS   float64         `json:"window_ms"`
	Jump       float64         `json:"jump"`
}

// driver holds the client that is driven.
type driver struct {
	client *ff.Client
	heard  heard
	hammer *hammer
	batch  *conformance.Batch
}

func (d *driver) end() {
	if d.hammer != nil {
		d.hammer.stop()
	}
	if d.client != nil {
		_ = d.client.Close()
	}
}

// do does one command. What goes wrong is an answer, too.
func (d *driver) do(line []byte) (result any, err error) {
	defer func() {
		if unforeseen := recover(); unforeseen != nil {
			result, err = nil, fmt.Errorf("panic: %v", unforeseen)
		}
	}()
	var given command
	if err := json.Unmarshal(line, &given); err != nil {
		return nil, err
	}
	switch given.Do {
	case "start":
		return nil, d.start(given.Options)
	case "batch":
		d.batch, err = conformance.NewBatch(given.Config)
		return nil, err
	case "evaluate":
		if d.batch == nil {
			return nil, errors.New("evaluate needs a config: batch first")
		}
		return d.batch.Evaluate(given.Items)
	case "resources":
		return resources()
	case "backoff":
		return pauses(given), nil
	case "clock":
		wall.Jump(seconds(given.Jump))
		return nil, nil
	}
	if d.client == nil {
		return nil, fmt.Errorf("%q needs a client: start one first", given.Do)
	}
	return d.ask(given)
}

// ask does what needs a client.
func (d *driver) ask(given command) (any, error) {
	user := read(given.User)
	switch given.Do {
	case "detail":
		return d.detail(given, user)
	case "all_flags":
		told := map[string]any{}
		for key, each := range d.client.AllFlags(user) {
			told[key] = document(each)
		}
		return told, nil
	case "config":
		otherwise, _ := read(given.Default).(map[string]any)
		return d.client.Config(given.Key, user, otherwise), nil
	case "explain":
		return d.client.Explain(given.Flag, user), nil
	case "track_metric":
		properties, _ := read(given.Properties).(map[string]any)
		d.client.TrackMetric(given.Name, read(given.Value), user, properties)
		return nil, nil
	case "track_exposure":
		d.client.TrackExposure(given.Flag, user)
		return nil, nil
	case "status":
		return statusDocument(d.client.Status()), nil
	case "listen":
		d.listen(given, user)
		return nil, nil
	case "changes":
		return d.heard.take(), nil
	case "hammer":
		return nil, d.startHammer(given)
	case "hammered":
		return d.stopHammer()
	}
	return d.wait(given)
}

// wait does what has a time limit.
func (d *driver) wait(given command) (any, error) {
	ctx, cancel := context.WithTimeout(context.Background(), seconds(given.Timeout))
	defer cancel()
	switch given.Do {
	case "flush":
		return d.client.Flush(ctx), nil
	case "ready":
		return d.client.Ready(ctx), nil
	case "close":
		return d.client.Shutdown(ctx) == nil, nil
	}
	return nil, fmt.Errorf("there is no command %q", given.Do)
}

func seconds(number float64) time.Duration { return time.Duration(number * float64(time.Second)) }

// defaults are those of each type where a command has none; the answer is null then.
var defaults = map[string]any{
	"boolean": false, "string": "", "integer": int64(0), "number": 0.0, "object": map[string]any{}, "any": nil,
}

func (d *driver) detail(given command, user any) (any, error) {
	otherwise := read(given.Default)
	asked := otherwise
	if given.Type != "" {
		typed, known := defaults[given.Type]
		if !known {
			return nil, fmt.Errorf("there is no type %q", given.Type)
		}
		asked = typed
	}
	told := d.client.Detail(given.Flag, user, asked)
	if told.ErrorCode != "" {
		told.Value = otherwise
	}
	return document(told), nil
}

// pauses are those before each of some attempts, in milliseconds.
func pauses(given command) []float64 {
	window := given.WindowMS
	if window == 0 {
		window = 1000
	}
	told := make([]float64, len(given.Attempts))
	for i, attempt := range given.Attempts {
		pause := retry.Pause(attempt, time.Duration(window*float64(time.Millisecond)), 30*time.Second)
		told[i] = float64(pause) / float64(time.Millisecond)
	}
	return told
}
