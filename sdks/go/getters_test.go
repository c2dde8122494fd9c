package ff_test

import (
	"errors"
	"math"
	"reflect"
	"testing"

	ff "github.com/feature-flag-platform/sdk/go"
	"github.com/feature-flag-platform/sdk/go/internal/edgetest"
)

func TestTheFirstProgramRunsAsItIsPrinted(t *testing.T) {
	served := edgetest.New(t, flags())
	key, edge, user := edgetest.Key, served.URL, "user-1"

	client := ff.NewClient(ff.Config{EnvKey: key, Endpoint: edge})
	enabled := client.IsEnabled("new-feature", user)
	variation, _ := client.Variation("button-color", user, "blue")
	client.TrackMetric("conversion", 1.0, user)

	if !enabled || variation != "green" {
		t.Fatalf("served %v and %v", enabled, variation)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	told := served.Events("metric")
	if len(told) != 1 || told[0]["metric"] != "conversion" || told[0]["value"] != 1.0 || told[0]["user_key"] != user {
		t.Fatalf("told %v", told)
	}
}

func TestEachTypeHasAGetter(t *testing.T) {
	c := client(t, edgetest.New(t, flags()))
	if got := c.Boolean("new-feature", "u", false); !got {
		t.Error("boolean")
	}
	if got := c.String("button-color", "u", "blue"); got != "green" {
		t.Error("string", got)
	}
	if got := c.Integer("page-size", "u", 1); got != 9007199254740991 {
		t.Error("integer", got)
	}
	if got := c.Number("discount", "u", 0.25); got != 1 {
		t.Error("number", got)
	}
	if got := c.Number("page-size", "u", 0.25); got != 9007199254740991 {
		t.Error("a number of an integer flag", got)
	}
	if got := c.Object("theme", "u", nil); !reflect.DeepEqual(got, object{"background": "black"}) {
		t.Error("object", got)
	}
}

func TestADefaultOfAnotherTypeIsGivenBack(t *testing.T) {
	c := client(t, edgetest.New(t, flags()))
	for _, wrong := range []struct {
		flag      string
		otherwise any
	}{
		{"new-feature", "on"},
		{"new-feature", 1},
		{"button-color", true},
		{"page-size", "10"},
		{"discount", 1},
		{"theme", "dark"},
		{"theme", []string{}},
		{"button-color", object{}},
		{"page-size", int32(1)},
		{"page-size", uint8(1)},
		{"theme", struct{ Background string }{}},
	} {
		value, err := c.Variation(wrong.flag, "u", wrong.otherwise)
		var told *ff.EvaluationError
		if !errors.As(err, &told) || told.Code != ff.TypeMismatch || !reflect.DeepEqual(value, wrong.otherwise) {
			t.Errorf("%s with %T: %v, %v", wrong.flag, wrong.otherwise, value, err)
		}
	}
	if c.IsEnabled("button-color", "u") {
		t.Error("a string flag is not enabled")
	}
}

type color string

func TestAVariationHasTheDefaultsType(t *testing.T) {
	c := client(t, edgetest.New(t, flags()))
	for _, each := range []struct {
		flag            string
		otherwise, want any
	}{
		{"button-color", color("blue"), color("green")},
		{"page-size", uint64(1), uint64(9007199254740991)},
		{"page-size", 1, 9007199254740991},
		{"page-size", 1.5, float64(9007199254740991)},
		{"discount", float32(0), float32(1)},
		{"discount", nil, float64(1)},
		{"page-size", nil, int64(9007199254740991)},
		{"theme", map[string]any(nil), map[string]any{"background": "black"}},
	} {
		value, err := c.Variation(each.flag, "u", each.otherwise)
		if err != nil || !reflect.DeepEqual(value, each.want) {
			t.Errorf("%s with %T: %T %v, %v", each.flag, each.otherwise, value, value, err)
		}
	}
}

func TestADetailTellsWhy(t *testing.T) {
	c := client(t, edgetest.New(t, object{"new-feature": edgetest.Boolean("on")}))
	told := c.Detail("new-feature", "u", false)
	want := ff.Detail{
		Flag: "new-feature", Value: true, Variant: "on", Reason: ff.ReasonStatic, Version: 1,
		Metadata: object{"version": "1", "flagSetId": "shop/production", "ageSeconds": int64(0)},
	}
	if !reflect.DeepEqual(told, want) {
		t.Errorf("told %+v", told)
	}
	unknown := c.Detail("new-feture", "u", 7)
	if unknown.Value != 7 || unknown.Reason != ff.ReasonError || unknown.ErrorCode != ff.FlagNotFound || unknown.Variant != "" {
		t.Errorf("told %+v", unknown)
	}
}

func TestNothingInAUserMakesAnEvaluationFail(t *testing.T) {
	c := client(t, edgetest.New(t, flags()))
	circle := object{}
	circle["itself"] = circle
	for name, user := range map[string]any{
		"nil":           nil,
		"no key":        "",
		"a number":      7,
		"a user":        ff.User{Key: "u", Attributes: object{"channel": make(chan int), "nan": math.NaN()}},
		"no user":       (*ff.User)(nil),
		"a circle":      circle,
		"an object":     object{"key": "u", "attributes": object{"country": "NO"}},
		"a nil map":     object(nil),
		"a text's type": color("u"),
	} {
		if told := c.Detail("new-feature", user, false); told.Value != true {
			t.Errorf("%s: %+v", name, told)
		}
	}
	for name, user := range map[string]any{"a function": func() {}, "a list": []string{"u"}, "a struct": struct{}{}} {
		if told := c.Detail("new-feature", user, false); told.ErrorCode != ff.InvalidContext || told.Value != false {
			t.Errorf("%s: %+v", name, told)
		}
	}
}

func TestAllFlagsAreToldAtOnce(t *testing.T) {
	edge := edgetest.New(t, flags())
	c := client(t, edge)
	told := c.AllFlags("u")
	if len(told) != len(flags()) || told["button-color"].Value != "green" || told["discount"].Value != 1.0 {
		t.Errorf("told %v", told)
	}
}

func TestARemoteConfigIsAnObject(t *testing.T) {
	edge := edgetest.New(t, object{"new-feature": edgetest.Boolean("on")})
	document := edgetest.Document(2, flags())
	document["remote_configs"] = object{"page": object{"key": "page", "value": object{"columns": 2}, "version": 2}}
	edge.Put(document)
	c := client(t, edge)
	if got := c.Config("page", "u", nil); !reflect.DeepEqual(got, object{"columns": int64(2)}) {
		t.Errorf("served %v", got)
	}
	otherwise := object{"columns": 1}
	if got := c.Config("theme", "u", otherwise); !reflect.DeepEqual(got, otherwise) {
		t.Errorf("a flag is no remote config, and served %v", got)
	}
}
