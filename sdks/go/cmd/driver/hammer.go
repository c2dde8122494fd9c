package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"runtime"
	"strings"
	"time"

	ff "github.com/feature-flag-platform/sdk/go"
)

// beat is how often the hammer evaluates what is due.
const beat = 2 * time.Millisecond

// hammer evaluates in the background.
type hammer struct {
	ending, ended           chan struct{}
	evaluations, exceptions int64
	answers                 map[string]map[string]int64
}

func (d *driver) startHammer(given command) error {
	if d.hammer != nil {
		return errors.New("the hammer is at work already")
	}
	users, _ := read(given.Users).([]any)
	if len(given.Flags) == 0 || len(users) == 0 || given.PerSecond <= 0 {
		return errors.New("the hammer needs flags, users and per_second")
	}
	d.hammer = &hammer{
		ending:  make(chan struct{}),
		ended:   make(chan struct{}),
		answers: map[string]map[string]int64{},
	}
	go d.hammer.run(d.client, given.Flags, users, given.PerSecond)
	return nil
}

func (d *driver) stopHammer() (any, error) {
	if d.hammer == nil {
		return nil, errors.New("the hammer is not at work")
	}
	done := d.hammer
	done.stop()
	d.hammer = nil
	return map[string]any{"evaluations": done.evaluations, "exceptions": done.exceptions, "answers": done.answers}, nil
}

func (h *hammer) stop() {
	close(h.ending)
	<-h.ended
}

func (h *hammer) run(client *ff.Client, flags []string, users []any, perSecond float64) {
	defer close(h.ended)
	ticker := time.NewTicker(beat)
	defer ticker.Stop()
	began := time.Now()
	for turn := 0; ; {
		select {
		case <-h.ending:
			return
		case <-ticker.C:
		}
		for due := int(time.Since(began).Seconds() * perSecond); turn < due; turn++ {
			h.strike(client, flags[turn%len(flags)], users[turn/len(flags)%len(users)])
		}
	}
}

func (h *hammer) strike(client *ff.Client, flag string, user any) {
	defer func() {
		if recover() != nil {
			h.exceptions++
		}
	}()
	h.evaluations++
	told := client.Detail(flag, user, nil)
	value, err := json.Marshal(told.Value)
	if err != nil {
		panic(err)
	}
	if h.answers[flag] == nil {
		h.answers[flag] = map[string]int64{}
	}
	h.answers[flag][fmt.Sprintf("%s|%s|%s|%s", value, textOrNull(told.Variant), told.Reason, textOrNull(string(told.ErrorCode)))]++
}

func textOrNull(text string) string {
	if text == "" {
		return "null"
	}
	return text
}

// resources is what the process holds.
func resources() (any, error) {
	descriptors, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		return nil, err
	}
	memory, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		return nil, err
	}
	var size, resident int64
	if _, err := fmt.Sscan(strings.TrimSpace(string(memory)), &size, &resident); err != nil {
		return nil, err
	}
	return map[string]any{
		"threads":     runtime.NumGoroutine(),
		"descriptors": len(descriptors),
		"rss_bytes":   resident * int64(os.Getpagesize()),
	}, nil
}
