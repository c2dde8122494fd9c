package ff

import (
	"time"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

// TrackMetric queues a metric event of a user. value is a finite number, or nil for an event that only counts; properties
// are told beside it.
func (c *Client) TrackMetric(name string, value, user any, properties ...map[string]any) {
	subject, _ := c.read(user)
	defer subject.done()
	var number *float64
	if value != nil {
		read, ok := values.NumberOf(values.Normal(value))
		if !ok {
			c.events.Unmeasured(name, value)
			return
		}
		float := read.Float64()
		number = &float
	}
	c.events.Measure(name, number, subject.key(), c.plain(properties), time.Now())
}

// plain is several maps as one, and nobody else's.
func (c *Client) plain(given []map[string]any) map[string]any {
	var told map[string]any
	for _, each := range given {
		for name, value := range each {
			plain := values.JSON(value, func(path string) { c.warnings.leftOut(name + path) })
			if plain == nil && value != nil {
				continue
			}
			if told == nil {
				told = map[string]any{}
			}
			told[name] = plain
		}
	}
	return told
}

// TrackExposure evaluates a flag and queues the exposure, whatever Exposures says but off.
func (c *Client) TrackExposure(flag string, user any) {
	subject, understood := c.read(user)
	defer subject.done()
	now := time.Now()
	made := c.evaluated(flag, subject, understood, anyKind, now)
	if info, known := made.info(); known && made.decision.ErrorCode == "" {
		c.tell(made, info, subject, now)
	}
}
