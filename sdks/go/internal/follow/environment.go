package follow

import (
	"context"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/edge"
)

// known is the environment and when it was asked for.
type known struct {
	edge.Environment
	at time.Time
}

// inform asks for the environment while it is not known; the channel is closed when that has ended.
func (f *Follower) inform(ctx context.Context) <-chan struct{} {
	informed := make(chan struct{})
	f.working.Add(1)
	go func() {
		defer f.working.Done()
		defer close(informed)
		f.Refresh(ctx)
	}()
	return informed
}

// Refresh asks for the environment if what is known of it is old.
func (f *Follower) Refresh(ctx context.Context) {
	told := f.environment.Load()
	if f.standing.read().State == Refused || (told != nil && time.Since(told.at) < f.options.Pace.Refresh) {
		return
	}
	environment, err := f.options.Edge.Environment(ctx, f.options.Endpoints.Current())
	if err != nil {
		f.options.Logger.Debug("the environment is not known", "reason", err)
		return
	}
	f.environment.Store(&known{environment, time.Now()})
}

// Environment is what the edge says of it, nothing while that is not known.
func (f *Follower) Environment() edge.Environment {
	if told := f.environment.Load(); told != nil {
		return told.Environment
	}
	return edge.Environment{}
}
