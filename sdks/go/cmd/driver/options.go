package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
)

// options are those of docs/sdks.md, and what tests shorten.
type options struct {
	EnvKey            string          `json:"env_key"`
	Endpoint          json.RawMessage `json:"endpoint"`
	EventsEndpoint    string          `json:"events_endpoint"`
	StartWait         *float64        `json:"start_wait"`
	Bootstrap         json.RawMessage `json:"bootstrap"`
	Store             string          `json:"store"`
	Offline           bool            `json:"offline"`
	Polling           string          `json:"polling"`
	PollInterval      float64         `json:"poll_interval"`
	Exposures         string          `json:"exposures"`
	Usage             *bool           `json:"usage"`
	PrivateAttributes []string        `json:"private_attributes"`
	HashKeysWith      string          `json:"hash_keys_with"`
	QueueSize         int             `json:"queue_size"`
	BatchSize         int             `json:"batch_size"`
	FlushInterval     float64         `json:"flush_interval"`

	RetryFirst    float64 `json:"retry_first"`
	Silence       float64 `json:"silence"`
	UsageInterval float64 `json:"usage_interval"`
}

// start makes a client instead of the one that is there.
func (d *driver) start(raw json.RawMessage) error {
	var given options
	decoder := json.NewDecoder(bytes.NewReader(raw))
	decoder.DisallowUnknownFields()
	if err := decoder.Decode(&given); err != nil {
		return err
	}
	config, err := given.config()
	if err != nil {
		return err
	}
	d.end()
	pace.Use(given.pace())
	d.hammer, d.client = nil, ff.NewClient(config)
	return nil
}

func (o options) config() (ff.Config, error) {
	config := ff.Config{
		EnvKey:            o.EnvKey,
		EventsEndpoint:    o.EventsEndpoint,
		Store:             o.Store,
		Offline:           o.Offline,
		Polling:           ff.Polling(o.Polling),
		PollInterval:      seconds(o.PollInterval),
		Exposures:         ff.Exposures(o.Exposures),
		NoUsage:           o.Usage != nil && !*o.Usage,
		PrivateAttributes: o.PrivateAttributes,
		HashKeysWith:      o.HashKeysWith,
		QueueSize:         o.QueueSize,
		BatchSize:         o.BatchSize,
		FlushInterval:     seconds(o.FlushInterval),
		Logger:            slog.New(slog.NewTextHandler(os.Stderr, nil)),
	}
	switch endpoint := read(o.Endpoint).(type) {
	case nil:
	case string:
		config.Endpoint = endpoint
	case []any:
		for _, each := range endpoint {
			config.Endpoints = append(config.Endpoints, fmt.Sprint(each))
		}
	default:
		return config, fmt.Errorf("endpoint is a text or a list of texts")
	}
	if o.StartWait != nil {
		config.StartWait = seconds(*o.StartWait)
		if *o.StartWait == 0 {
			config.StartWait = ff.NoWait
		}
	}
	if path, ok := read(o.Bootstrap).(string); ok {
		config.Bootstrap = path
	} else if len(o.Bootstrap) > 0 && string(o.Bootstrap) != "null" {
		config.Bootstrap = []byte(o.Bootstrap)
	}
	return config, nil
}

func (o options) pace() pace.Pace {
	times := pace.Standard()
	for _, each := range []struct {
		said float64
		time *time.Duration
	}{{o.RetryFirst, &times.RetryFirst}, {o.Silence, &times.Silence}, {o.UsageInterval, &times.Usage}} {
		if each.said > 0 {
			*each.time = seconds(each.said)
		}
	}
	return times
}
