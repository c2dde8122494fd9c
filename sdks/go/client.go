// Package ff evaluates feature flags in the process, and tells what was evaluated and measured.
//
//	client := ff.NewClient(ff.Config{EnvKey: key, Endpoint: edge})
//	defer client.Close()
//	if client.IsEnabled("new-checkout", "user-1") { … }
//
// A client follows the configuration of one environment in the background; an evaluation asks nobody, waits for nothing and never
// fails: when there is no answer it gives the default.
package ff

import (
	"context"
	"errors"
	"strings"
	"sync"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/about"
	"github.com/feature-flag-platform/sdk/go/internal/edge"
	"github.com/feature-flag-platform/sdk/go/internal/events"
	"github.com/feature-flag-platform/sdk/go/internal/follow"
	"github.com/feature-flag-platform/sdk/go/internal/pace"
	"github.com/feature-flag-platform/sdk/go/internal/store"
)

// Version is the SDK's own.
const Version = about.Version

// closeWait is how long Close waits.
const closeWait = 5 * time.Second

// Client evaluates the flags of one environment. Any number of goroutines may use it; a process needs one per environment.
type Client struct {
	config   Config
	edge     *edge.Edge
	follower *follow.Follower
	events   *events.Events
	notices  *notices
	warnings *warnings
	closing  sync.Once
	closed   error
}

// NewClient makes a client and waits for its configuration, at most StartWait. What is wrong with the configuration or the
// key is logged, and Status tells it; the client gives defaults then, or what the bootstrap or the store says.
func NewClient(config Config) *Client {
	times := pace.Current()
	config = config.completed()
	client := &Client{config: config, warnings: newWarnings(config.Logger)}
	client.notices = newNotices(client)

	endpoints, err := config.check(times)
	client.edge = edge.New(config.EnvKey, times, config.Transport)
	options := follow.Options{
		Edge:      client.edge,
		Endpoints: endpoints,
		Poll:      config.Polling == PollAlways,
		Interval:  config.PollInterval,
		Logger:    config.Logger,
		Pace:      times,
		Changed:   client.notices.wake,
		Refused:   func() { client.events.Refuse() },
	}
	if config.Store != "" {
		options.Store = store.New(config.Store, config.EnvKey)
	}
	client.follower = follow.New(options)
	sends := err == nil && !config.Offline
	client.events = events.New(client.eventOptions(times, endpoints, sends))
	client.start(err)
	client.notices.start(times)
	client.await(config.StartWait)
	return client
}

func (c *Client) eventOptions(times pace.Pace, endpoints *edge.Endpoints, sends bool) events.Options {
	options := events.Options{
		QueueSize:     c.config.QueueSize,
		BatchSize:     c.config.BatchSize,
		FlushInterval: c.config.FlushInterval,
		Exposures:     c.config.Exposures != ExposeOff,
		Usage:         !c.config.NoUsage,
		Private:       c.config.PrivateAttributes,
		HashKeysWith:  c.config.HashKeysWith,
		Logger:        c.config.Logger,
		Pace:          times,
		Idle:          c.follower.Refresh,
	}
	if sends {
		options.Edge = c.edge
		options.Address = func() string { return c.eventsAddress(endpoints) }
	}
	return options
}

// eventsAddress is where events go now.
func (c *Client) eventsAddress(endpoints *edge.Endpoints) string {
	for _, said := range []string{c.config.EventsEndpoint, c.follower.Environment().EventsURL} {
		if said == "" {
			continue
		}
		if address, err := edge.Address(said); err == nil {
			return strings.TrimSuffix(address, "/v1/events")
		}
	}
	return endpoints.Current()
}

// start holds what is at hand, and begins to follow the edge where one may be asked.
func (c *Client) start(wrong error) {
	document, err := c.config.bootstrap()
	if err == nil && document != nil {
		err = c.follower.Bootstrap(document)
	}
	if err != nil {
		c.config.Logger.Error("the bootstrap can't be read", "reason", err)
	}
	if c.config.Store != "" {
		c.follower.Restore()
	}
	switch {
	case c.config.Offline:
		c.follower.Offline()
	case wrong != nil:
		c.config.Logger.Error("the client is not configured: no edge is asked", "reason", wrong)
		c.follower.Misconfigured(wrong)
	default:
		c.follower.Start()
	}
}

func (c *Client) await(limit time.Duration) {
	if limit <= 0 {
		return
	}
	timer := time.NewTimer(limit)
	defer timer.Stop()
	select {
	case <-c.follower.Settled():
	case <-timer.C:
		c.config.Logger.Warn("no configuration has come yet: evaluations give defaults until it does", "waited", limit)
	}
}

// Ready waits until there is a configuration; false when the context ends first, or when none can come any more.
func (c *Client) Ready(ctx context.Context) bool {
	select {
	case <-c.follower.Settled():
	case <-ctx.Done():
	}
	return c.follower.Flags() != nil
}

// Flush sends the events that wait, and counts of evaluations; true when nothing is left before the context ends.
func (c *Client) Flush(ctx context.Context) bool { return c.events.Flush(ctx) }

// ErrEventsLost is Close's error when events could not be sent in time.
var ErrEventsLost = errors.New("the client was closed before all events were sent")

// Close is Shutdown with five seconds.
func (c *Client) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), closeWait)
	defer cancel()
	return c.Shutdown(ctx)
}

// Shutdown sends what waits as long as the context allows, and ends streams, timers and goroutines. Evaluations go on with
// what is held. The error is ErrEventsLost.
func (c *Client) Shutdown(ctx context.Context) error {
	c.closing.Do(func() {
		sent := c.events.Close(ctx)
		c.follower.Close()
		c.notices.close(ctx)
		c.edge.Close()
		if !sent {
			c.closed = ErrEventsLost
		}
	})
	return c.closed
}
