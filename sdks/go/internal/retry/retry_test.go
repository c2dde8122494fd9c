package retry

import (
	"net/http"
	"testing"
	"time"
)

func TestAPauseIsFullJitterInAWindowThatDoubles(t *testing.T) {
	for _, each := range []struct {
		attempt               int
		window, limit, widest time.Duration
	}{
		{0, time.Second, 30 * time.Second, time.Second},
		{3, time.Second, 30 * time.Second, 8 * time.Second},
		{1000, time.Second, 30 * time.Second, 30 * time.Second},
		{0, time.Minute, 30 * time.Second, time.Minute},
		{5, time.Minute, 30 * time.Second, 2 * time.Minute},
		{5, 0, 0, 0},
	} {
		var longest time.Duration
		for range 2000 {
			pause := Pause(each.attempt, each.window, each.limit)
			if pause < 0 || pause > each.widest {
				t.Fatalf("%+v: a pause of %v", each, pause)
			}
			longest = max(longest, pause)
		}
		if longest < each.widest*9/10 {
			t.Errorf("%+v: never longer than %v", each, longest)
		}
	}
}

func TestRetryAfterIsSecondsOrADate(t *testing.T) {
	now := time.Date(2026, 1, 5, 10, 0, 0, 0, time.UTC)
	for text, want := range map[string]time.Duration{
		"":                              0,
		"3":                             3 * time.Second,
		"0.5":                           500 * time.Millisecond,
		"-3":                            0,
		"NaN":                           0,
		"1e99":                          time.Hour,
		"Mon, 05 Jan 2026 10:00:07 GMT": 7 * time.Second,
		"Mon, 05 Jan 2026 09:00:00 GMT": 0,
		"soon":                          0,
	} {
		if got := After(http.Header{"Retry-After": {text}}, now); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}
