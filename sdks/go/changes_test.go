package ff_test

import (
	"reflect"
	"sync"
	"testing"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/edgetest"
)

// heard collects what a listener is told.
type heard struct {
	mu      sync.Mutex
	changes []ff.Change
}

func (h *heard) tell(change ff.Change) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.changes = append(h.changes, change)
}

func (h *heard) all() []ff.Change {
	h.mu.Lock()
	defer h.mu.Unlock()
	return append([]ff.Change(nil), h.changes...)
}

// forNorway is a flag that is on in Norway.
func forNorway() object {
	flag := edgetest.Boolean("off")
	flag["rules"] = []object{{
		"id": "norway", "if": object{"attribute": "country", "operator": "eq", "value": "NO"}, "then": object{"variation": "on"},
	}}
	return flag
}

func TestListenersAreToldWhatChanges(t *testing.T) {
	edge := edgetest.New(t, object{"one": edgetest.Boolean("off"), "two": edgetest.Boolean("off")})
	c := client(t, edge)
	edgetest.Until(t, "it streams", func() bool { return c.Status().Mode == "stream" })
	var all, two, norwegian, swede, ended heard
	c.OnChange(all.tell)
	c.OnChange(two.tell, ff.OfFlag("two"))
	c.OnChange(norwegian.tell, ff.ForUser(ff.User{Key: "u", Attributes: object{"country": "NO"}}))
	c.OnChange(swede.tell, ff.OfFlag("one"), ff.ForUser(ff.User{Key: "u", Attributes: object{"country": "SE"}}))
	c.OnChange(func(ff.Change) { panic("a listener's own fault") })
	stop := c.OnChange(ended.tell)
	stop()

	edge.Change(object{"one": forNorway()})
	edgetest.Until(t, "all are told", func() bool { return len(all.all()) == 1 && len(norwegian.all()) == 1 })
	described := forNorway()
	described["description"] = "for Norway alone"
	edge.Change(object{"one": described})
	edge.Change(object{"two": edgetest.Boolean("on")})
	edgetest.Until(t, "all are told again", func() bool { return len(two.all()) == 1 && len(norwegian.all()) == 2 })

	if told := all.all(); !reflect.DeepEqual(told, []ff.Change{{Flags: []string{"one"}}, {Flags: []string{"two"}}}) {
		t.Errorf("all: %+v", told)
	}
	change := norwegian.all()[0]
	if change.Flags[0] != "one" || change.Before.Value != false || change.After.Value != true || change.After.Reason != ff.ReasonTargetingMatch {
		t.Errorf("the Norwegian: %+v", change)
	}
	for _, change := range swede.all() {
		if change.Before.Reason != ff.ReasonStatic || change.After.Reason != ff.ReasonDefault {
			t.Errorf("the Swede: %+v", change)
		}
	}
	if told := ended.all(); len(told) != 0 {
		t.Errorf("ended: %+v", told)
	}
}

func TestAListenerIsToldNothingOfWhatWasHeldWhenItCame(t *testing.T) {
	edge := edgetest.New(t, one("on"))
	for range 30 {
		c := client(t, edge)
		var late heard
		c.OnChange(late.tell)
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if told := late.all(); len(told) != 0 {
			t.Fatalf("told %+v", told)
		}
	}
}

func TestAListenerMayCloseTheClient(t *testing.T) {
	edge := edgetest.New(t, one("off"))
	c := client(t, edge)
	edgetest.Until(t, "it streams", func() bool { return c.Status().Mode == "stream" })
	closed := make(chan error, 1)
	c.OnChange(func(ff.Change) { closed <- c.Close() })
	edge.Change(one("on"))
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

func TestAClosedClientLeavesNothingBehind(t *testing.T) {
	for range 5 {
		edge := edgetest.New(t, one("on"))
		c := client(t, edge, func(config *ff.Config) { config.Store = t.TempDir() })
		c.IsEnabled("new-feature", "u")
		c.TrackMetric("conversion", 1, "u")
		c.OnChange(func(ff.Change) {}, ff.ForUser("u"))
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if err := c.Close(); err != nil {
			t.Fatal(err)
		}
		if c.Status().State != ff.StateClosed || !c.IsEnabled("new-feature", "u") {
			t.Errorf("status %+v", c.Status())
		}
	}
	edgetest.Until(t, "no goroutine is left", func() bool { return len(edgetest.Goroutines()) == 0 })
}
