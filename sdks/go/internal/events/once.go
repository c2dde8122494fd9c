package events

import (
	"fmt"
	"log/slog"
	"sync"
)

// warnedMax is how many different warnings are told.
const warnedMax = 100

// onceEach warns of the same once.
type onceEach struct {
	logger *slog.Logger
	mu     *sync.Mutex
	told   map[string]bool
}

func newOnceEach(logger *slog.Logger) onceEach {
	return onceEach{logger, new(sync.Mutex), map[string]bool{}}
}

func (o onceEach) warn(message string, arguments ...any) {
	told := fmt.Sprint(message, arguments)
	o.mu.Lock()
	known := o.told[told] || len(o.told) >= warnedMax
	o.told[told] = true
	o.mu.Unlock()
	if !known {
		o.logger.Warn(message, arguments...)
	}
}
