// Package ffopenfeature is the OpenFeature provider over a client of this platform.
//
//	client := ff.NewClient(ff.Config{EnvKey: key, Endpoint: edge})
//	err := openfeature.SetProviderAndWait(ffopenfeature.NewProvider(client))
package ffopenfeature

import (
	"context"
	"errors"
	"sync"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/open-feature/go-sdk/openfeature"
)

// Name is the provider's, as hooks and telemetry see it.
const Name = "feature-flag-platform"

const (
	// initWait and shutdownWait are how long Init and Shutdown take where nobody says.
	initWait     = 5 * time.Second
	shutdownWait = 5 * time.Second
	// eventsWaiting is how many events wait for OpenFeature's SDK.
	eventsWaiting = 64
)

// Provider gives OpenFeature's SDK what a client decides. Exposures, usage and tracked events go the client's way.
type Provider struct {
	answers
	client *ff.Client
	events chan openfeature.Event
	done   chan struct{}

	mu    sync.Mutex
	state ff.State
	stops []func()
	once  sync.Once
}

var (
	_ openfeature.FeatureProvider          = (*Provider)(nil)
	_ openfeature.ContextAwareStateHandler = (*Provider)(nil)
	_ openfeature.EventHandler             = (*Provider)(nil)
	_ openfeature.Tracker                  = (*Provider)(nil)
)

// NewProvider is a provider over a client, which Shutdown closes.
func NewProvider(client *ff.Client) *Provider {
	return &Provider{
		answers: answers{func() *ff.Client { return client }},
		client:  client,
		events:  make(chan openfeature.Event, eventsWaiting),
		done:    make(chan struct{}),
	}
}

// Metadata has the provider's name.
func (p *Provider) Metadata() openfeature.Metadata { return openfeature.Metadata{Name: Name} }

// Hooks are none.
func (p *Provider) Hooks() []openfeature.Hook { return nil }

// Init is InitWithContext with five seconds.
func (p *Provider) Init(someone openfeature.EvaluationContext) error {
	ctx, cancel := context.WithTimeout(context.Background(), initWait)
	defer cancel()
	return p.InitWithContext(ctx, someone)
}

// InitWithContext waits for a configuration. Where none can come because the key is refused the error is PROVIDER_FATAL.
func (p *Provider) InitWithContext(ctx context.Context, _ openfeature.EvaluationContext) error {
	ready := p.client.Ready(ctx)
	status := p.client.Status()
	p.mu.Lock()
	p.state = status.State
	p.stops = append(p.stops, p.client.OnStatus(p.turned), p.client.OnChange(p.changed))
	p.mu.Unlock()
	switch {
	case ready:
		return nil
	case status.State == ff.StateRefused:
		return &openfeature.ProviderInitError{ErrorCode: openfeature.ProviderFatalCode, Message: status.LastError}
	case ctx.Err() != nil:
		return errors.Join(ctx.Err(), errors.New("no configuration has come yet; evaluations give defaults until it does"))
	}
	return errors.New("there is no configuration")
}

// Shutdown is ShutdownWithContext with five seconds.
func (p *Provider) Shutdown() {
	ctx, cancel := context.WithTimeout(context.Background(), shutdownWait)
	defer cancel()
	_ = p.ShutdownWithContext(ctx)
}

// ShutdownWithContext closes the client: what waits is sent, as long as the context allows.
func (p *Provider) ShutdownWithContext(ctx context.Context) error {
	p.once.Do(func() {
		close(p.done)
		p.mu.Lock()
		defer p.mu.Unlock()
		for _, stop := range p.stops {
			stop()
		}
	})
	return p.client.Shutdown(ctx)
}

// EventChannel has the provider's events.
func (p *Provider) EventChannel() <-chan openfeature.Event { return p.events }

// Track queues a metric event: the value of the details is its value, the rest its properties.
func (p *Provider) Track(_ context.Context, name string, someone openfeature.EvaluationContext, details openfeature.TrackingEventDetails) {
	p.client.TrackMetric(name, details.Value(), someone, details.Attributes())
}

// turned tells another state.
func (p *Provider) turned(status ff.Status) {
	p.mu.Lock()
	before := p.state
	p.state = status.State
	p.mu.Unlock()
	if before == status.State {
		return
	}
	switch status.State {
	case ff.StateReady:
		p.tell(openfeature.ProviderReady, openfeature.ProviderEventDetails{Message: "the configuration is confirmed"})
	case ff.StateStale:
		p.tell(openfeature.ProviderStale, openfeature.ProviderEventDetails{Message: status.LastError})
	case ff.StateRefused:
		// OpenFeature asks a provider that is fatal no more; what is held goes on to be served.
		code := openfeature.GeneralCode
		if status.Source == "none" {
			code = openfeature.ProviderFatalCode
		}
		p.tell(openfeature.ProviderError, openfeature.ProviderEventDetails{Message: status.LastError, ErrorCode: code})
	}
}

func (p *Provider) changed(change ff.Change) {
	p.tell(openfeature.ProviderConfigChange, openfeature.ProviderEventDetails{FlagChanges: change.Flags})
}

func (p *Provider) tell(kind openfeature.EventType, details openfeature.ProviderEventDetails) {
	event := openfeature.Event{ProviderName: Name, EventType: kind, ProviderEventDetails: details}
	select {
	case p.events <- event:
	case <-p.done:
	}
}
