package engine

import (
	"encoding/json"
	"math"
	"math/big"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"
)

type plan string

type broken struct{}

func (broken) MarshalText() ([]byte, error) { panic("no text") }

func TestAttributesAreTakenAsGoProgramsWriteThem(t *testing.T) {
	noon := time.Date(2026, 1, 5, 13, 0, 0, 500_000_000, time.FixedZone("", 3600))
	text := "pro"
	for _, each := range []struct {
		operator, literal string
		value             any
		wanted            bool
	}{
		{"eq", `7`, 7, true}, {"eq", `7`, int32(7), true}, {"eq", `7`, uint8(7), true}, {"eq", `7`, 7.0, true},
		{"eq", `7`, json.Number("7.0"), true}, {"eq", `7`, "7", false}, {"eq", `0.1`, float32(0.1), true},
		{"eq", `9007199254740993`, int64(9007199254740993), true}, {"eq", `9007199254740993`, int64(9007199254740992), false},
		{"eq", `18446744073709551615`, uint64(math.MaxUint64), true}, {"gt", `18446744073709551615`, float64(1<<63) * 2, true},
		{"eq", `1180591620717411303425`, new(big.Int).Add(new(big.Int).Lsh(big.NewInt(1), 70), big.NewInt(1)), true},
		{"lt", `1`, math.Inf(-1), true}, {"lte", `1`, math.NaN(), false}, {"ne", `1`, math.NaN(), true},
		{"eq", `"pro"`, plan("pro"), true}, {"eq", `"pro"`, &text, true}, {"exists", `null`, (*string)(nil), false},
		{"in", `["pro", 3]`, []string{"free", "pro"}, true}, {"in", `["pro", 3]`, [2]int{3, 4}, true}, {"eq", `true`, true, true},
		{"after", `"2026-01-05T12:00:00.4Z"`, noon, true}, {"eq", `"2026-01-05T12:00:00.5Z"`, &noon, true},
		{"after", `0`, []time.Time{noon}, true}, {"in_cidr", `"10.0.0.0/8"`, netip.MustParseAddr("10.1.2.3"), true},
		{"exists", `null`, func() {}, false}, {"exists", `null`, struct{ A int }{1}, false}, {"exists", `null`, []byte("x"), false},
		{"exists", `null`, map[plan]int{"a": 1}, true}, {"exists", `null`, make(chan int), false},
	} {
		set := read(t, `{"salt": "", "flags": {"f": `+flagOf(`, "rules": [{"if": {"attribute": "x", "operator": "`+each.operator+`", "value": `+each.literal+`}, "then": {"variation": "b"}}]`)+`}}`, nil)
		if found := set.Evaluate("f", map[string]any{"x": each.value}, 0).Variation == "b"; found != each.wanted {
			t.Errorf("%#v %s %s: %v", each.value, each.operator, each.literal, found)
		}
	}
}

func TestPathsGoThroughObjectsOfAnyGoType(t *testing.T) {
	set := read(t, `{"salt": "", "flags": {"f": `+flagOf(`, "rules": [{"if": {"attribute": "a.b.c", "operator": "eq", "value": 1}, "then": {"variation": "b"}}]`)+`}}`, nil)
	for _, context := range []map[string]any{
		{"a": map[string]any{"b": map[string]any{"c": 1}}},
		{"a": map[string]map[string]int{"b": {"c": 1}}},
		{"a": &map[plan]any{"b": map[string]uint{"c": 1}}},
		{"a.b.c": 1, "a": 2},
	} {
		if found := set.Evaluate("f", context, 0).Variation; found != "b" {
			t.Errorf("%v: %q", context, found)
		}
	}
}

func TestAPanicInAValueIsAnError(t *testing.T) {
	set := read(t, `{"salt": "", "flags": {"f": `+flagOf(`, "rules": [{"if": {"attribute": "x", "operator": "eq", "value": 1}, "then": {"variation": "b"}}]`)+`}}`, nil)
	context := map[string]any{"x": broken{}}
	if found := set.Evaluate("f", context, 0); found.ErrorCode != General || found.Flag != "f" {
		t.Errorf("%+v", found)
	}
	if told := set.Explain("f", context, 0)["decision"].(map[string]any); told["errorCode"] != "GENERAL" {
		t.Errorf("%v", told)
	}
	if found := set.Evaluate("f", map[string]any{"x": 1}, 0).Variation; found != "b" {
		t.Errorf("afterwards: %q", found)
	}
}

func TestValuesKeepTheirDigits(t *testing.T) {
	set := read(t, `{"salt": "", "flags": {
		"integer": {"type": "integer", "variations": {"v": 3.0}, "off_variation": "v", "default": {"variation": "v"}},
		"number": {"type": "number", "variations": {"v": 3}, "off_variation": "v", "default": {"variation": "v"}},
		"object": {"type": "object", "variations": {"v": {"id": 9007199254740993, "wide": 18446744073709551616, "part": 0.5}}, "off_variation": "v", "default": {"variation": "v"}}}}`, nil)
	if value := set.Evaluate("integer", nil, 0).Value; value != int64(3) {
		t.Errorf("integer: %#v", value)
	}
	if value := set.Evaluate("number", nil, 0).Value; value != 3.0 {
		t.Errorf("number: %#v", value)
	}
	text, err := json.Marshal(set.Evaluate("object", nil, 0).Value)
	if err != nil || string(text) != `{"id":9007199254740993,"part":0.5,"wide":18446744073709551616}` {
		t.Errorf("object: %s, %v", text, err)
	}
}

func TestEqualAnswersAreOneObject(t *testing.T) {
	observed := strings.Replace(shop, `"mode": "assigns"`, `"mode": "observes"`, 1)
	set := read(t, observed, nil)
	var mu sync.Mutex
	seen := map[*Decision]bool{}
	var all sync.WaitGroup
	for range 8 {
		all.Add(1)
		go func() {
			defer all.Done()
			for range 50 {
				for _, key := range []string{"tried", "page", "needs"} {
					decision := set.Evaluate(key, map[string]any{"targetingKey": "ann"}, 9)
					mu.Lock()
					seen[decision] = decision.Interned
					mu.Unlock()
				}
			}
		}()
	}
	all.Wait()
	if len(seen) != 3 {
		t.Errorf("%d objects for three answers", len(seen))
	}
	for decision, interned := range seen {
		if !interned {
			t.Errorf("%+v isn't interned", decision)
		}
	}
}

func TestNothingIsAllocatedByAnEvaluation(t *testing.T) {
	set, context := measuredSet(t, 3), measuredContext()
	if allocations := testing.AllocsPerRun(1000, func() { set.Evaluate("flag-2", context, 1) }); allocations >= 1 {
		t.Errorf("%v allocations", allocations)
	}
}

func TestWhatIsKnownOfAFlag(t *testing.T) {
	set := read(t, `{"salt": "", "flags": {"f": `+flagOf(`, "client_visible": true, "report_exposures": true, "metadata": {"owner": "shop", "level": 3}, "exposure_attributes": ["plan"], "version": 8`)+`},
		"experiments": {"e": {"flag": "c", "mode": "assigns", "start_at": 5, "stop_at": 7, "variations": [{"key": "x", "weight": 100}]}},
		"remote_configs": {"c": {"value": {}, "version": 4}}}`, nil)
	info, ok := set.Flag("f")
	if !ok || info.Kind != FlagKind || info.Type != "string" || !info.ClientVisible || !info.ReportExposures || info.Version != 8 ||
		info.Metadata["owner"] != "shop" || info.Metadata["level"] != int64(3) || info.ExposureAttributes[0] != "plan" || info.HasExperiments {
		t.Errorf("%+v", info)
	}
	config, ok := set.Flag("c")
	if !ok || config.Kind != RemoteConfigKind || config.Type != "object" || config.Version != 4 || !config.HasExperiments {
		t.Errorf("%+v", config)
	}
	if config.ExperimentUnderWay(4) || !config.ExperimentUnderWay(5) || config.ExperimentUnderWay(7) || info.ExperimentUnderWay(5) {
		t.Error("an experiment is under way from its start until before its stop")
	}
	if _, ok := set.Flag("nothing"); ok {
		t.Error("something is known of nothing")
	}
}
