// Package retry says when something that failed is tried again.
package retry

import (
	"context"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/wall"
)

// Pause is full jitter: something between 0 and the window doubled attempt times, which is at most limit, or twice the
// window if that is longer. attempt counts from 0.
func Pause(attempt int, window, limit time.Duration) time.Duration {
	limit = max(limit, 2*window)
	widest := window
	for range attempt {
		if widest >= limit {
			break
		}
		widest *= 2
	}
	widest = min(widest, limit)
	if widest <= 0 {
		return 0
	}
	return rand.N(widest)
}

// After is what an answer's `Retry-After` asks for, seconds or a date; 0 without one that can be read.
func After(header http.Header, now time.Time) time.Duration {
	text := strings.TrimSpace(header.Get("Retry-After"))
	if text == "" {
		return 0
	}
	if seconds, err := strconv.ParseFloat(text, 64); err == nil {
		return limited(seconds)
	}
	if date, err := http.ParseTime(text); err == nil {
		return limited(date.Sub(wall.Shown(now)).Seconds())
	}
	return 0
}

// afterMax is the longest that anybody may ask a client to stay away.
const afterMax = time.Hour

func limited(seconds float64) time.Duration {
	if !(seconds > 0) {
		return 0
	}
	if seconds >= afterMax.Seconds() {
		return afterMax
	}
	return time.Duration(seconds * float64(time.Second))
}

// Sleep waits; false when the context ended first.
func Sleep(ctx context.Context, pause time.Duration) bool {
	if pause <= 0 {
		return ctx.Err() == nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-ctx.Done():
		return false
	}
}
