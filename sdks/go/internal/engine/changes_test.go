package engine

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func read(t *testing.T, document string, before *FlagSet) *FlagSet {
	t.Helper()
	set, err := FromDocument([]byte(document), before)
	if err != nil {
		t.Fatal(err)
	}
	return set
}

func with(t *testing.T, set *FlagSet, change string) *FlagSet {
	t.Helper()
	next, err := set.With([]byte(change))
	if err != nil {
		t.Fatal(err)
	}
	return next
}

func flagOf(rest string) string {
	return `{"type": "string", "variations": {"a": "A", "b": "B"}, "off_variation": "b", "default": {"variation": "a"}` + rest + `}`
}

const onlyPro = `, "rules": [{"if": {"segment": "pro"}, "then": {"variation": "b"}}]`

var shop = `{"salt": "s", "version": 3, "flags": {
	"plain": ` + flagOf("") + `,
	"asks": ` + flagOf(onlyPro) + `,
	"needs": ` + flagOf(`, "prerequisites": [{"flag": "asks", "variation": "a"}]`) + `,
	"tried": ` + flagOf("") + `},
	"segments": {"pro": {"if": {"segment": "inner"}}, "inner": {"included": ["ann"]}},
	"experiments": {"test": {"flag": "tried", "mode": "assigns", "start_at": 5, "variations": [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}]}},
	"remote_configs": {"page": {"value": {"columns": 2}, "overrides": [{"id": "pro", "if": {"segment": "pro"}, "value": {"columns": 3}}]}}}`

func TestAChangeTellsWhoseAnswersMayDiffer(t *testing.T) {
	for _, each := range []struct {
		name, change string
		wanted       []string
	}{
		{"nothing", `{"version": 4}`, nil},
		{"a flag", `{"version": 4, "flags": {"plain": ` + flagOf(`, "enabled": false`) + `}}`, []string{"plain"}},
		{"its description, metadata and version alone", `{"version": 4, "flags": {"plain": ` + flagOf(`, "description": "d", "metadata": {"m": 1}, "version": 4`) + `}}`, nil},
		{"the order of its members alone", `{"version": 4, "flags": {"plain": {"default": {"variation": "a"}, "off_variation": "b", "variations": {"b": "B", "a": "A"}, "type": "string"}}}`, nil},
		{"a segment behind others", `{"version": 4, "segments": {"inner": {"included": ["ann", "bob"]}}}`, []string{"asks", "needs", "page"}},
		{"an experiment", `{"version": 4, "experiments": {"test": null}}`, []string{"tried"}},
		{"a flag that is gone", `{"version": 4, "flags": {"plain": null}}`, []string{"plain"}},
		{"one that is new", `{"version": 4, "flags": {"another": ` + flagOf("") + `}}`, []string{"another"}},
		{"a prerequisite", `{"version": 4, "flags": {"asks": ` + flagOf("") + `}}`, []string{"asks", "needs"}},
		{"a segment that is gone", `{"version": 4, "segments": {"inner": null}}`, []string{"asks", "needs", "page"}},
		{"versions of answers alone", `{"version": 4, "versions": {"needs": 4}}`, nil},
	} {
		t.Run(each.name, func(t *testing.T) {
			before := read(t, shop, nil)
			after := with(t, before, each.change)
			if changed := after.ChangedSince(before); !slices.Equal(changed, each.wanted) {
				t.Errorf("changed: %q", changed)
			}
			if after.Version() != 4 || before.Version() != 3 {
				t.Errorf("versions %d and %d", before.Version(), after.Version())
			}
			if changed := after.ChangedSince(nil); !slices.Equal(changed, after.Keys()) {
				t.Errorf("since nothing: %q", changed)
			}
		})
	}
}

func TestWhatStayedIsShared(t *testing.T) {
	before := read(t, shop, nil)
	same := before.Evaluate("plain", nil, 0)
	for name, after := range map[string]*FlagSet{
		"a change of another flag": with(t, before, `{"version": 4, "flags": {"tried": null}}`),
		"the document once more":   read(t, strings.Replace(shop, `"version": 3`, `"version": 9`, 1), before),
	} {
		if after.Evaluate("plain", nil, 0) != same {
			t.Errorf("%s made the flag anew", name)
		}
	}
	if other := read(t, strings.Replace(shop, `"salt": "s"`, `"salt": "t"`, 1), before); other.Evaluate("plain", nil, 0) == same {
		t.Error("another salt took over what was hashed with the first")
	}
}

func TestAVersionOfAnswersStampsThem(t *testing.T) {
	set := with(t, read(t, shop, nil), `{"version": 7, "versions": {"plain": 7, "page": 6, "nobody": 7}}`)
	if version := set.Evaluate("plain", nil, 0).Version; version != 7 {
		t.Errorf("the flag's version is %d", version)
	}
	if version := set.Evaluate("page", nil, 0).Version; version != 6 {
		t.Errorf("the remote config's version is %d", version)
	}
	again := read(t, shop, set)
	if version := again.Evaluate("plain", nil, 0).Version; version != 0 {
		t.Errorf("the document's own version came out as %d", version)
	}
}

func TestWhatCannotBeReadOrEvaluatedLeavesWhatWasGood(t *testing.T) {
	before := read(t, shop, nil)
	for _, each := range []struct {
		name, change string
		key          string
		defect       Defect
	}{
		{"no flag", `{"flags": {"plain": 7}}`, "plain", Defect{"flag", "plain", "", "must be an object"}},
		{"a flag of a type of tomorrow", `{"flags": {"plain": {"type": "date"}}}`, "plain",
			Defect{"flag", "plain", "type", "must be one of boolean, string, integer, number, object"}},
		{"an operator of tomorrow", `{"flags": {"plain": ` + flagOf(`, "rules": [{"if": {"not": {"attribute": "x", "operator": "is_telepathic", "value": 1}}, "then": {"variation": "b"}}]`) + `}}`,
			"plain", Defect{"flag", "plain", "rules[0].if.not.operator", "unknown operator 'is_telepathic'"}},
		{"a segment", `{"segments": {"inner": {"if": {"attribute": "x", "operator": "matches", "value": "("}}}}`, "asks",
			Defect{"segment", "inner", "if.value", "not an RE2 pattern: error parsing regexp: missing closing ): `(`"}},
		{"an experiment", `{"experiments": {"test": {"flag": "tried"}}}`, "tried", Defect{"experiment", "test", "mode", "is missing"}},
		{"an experiment's weights", `{"experiments": {"test": {"flag": "tried", "mode": "assigns", "start_at": 5, "variations": [{"key": "a", "weight": 50}]}}}`,
			"tried", Defect{"flag", "tried", "experiments.test.variations", "the weights must add up to exactly 100"}},
		{"a remote config", `{"remote_configs": {"page": {"value": []}}}`, "page", Defect{"remote_config", "page", "value", "must be an object"}},
	} {
		t.Run(each.name, func(t *testing.T) {
			after := with(t, before, `{"version": 4, `+each.change[1:])
			context := map[string]any{"targetingKey": "ann"}
			if is, was := after.Evaluate(each.key, context, 9), before.Evaluate(each.key, context, 9); is != was {
				t.Errorf("%+v after %+v", is, was)
			}
			if defects := after.Defects(); !slices.Equal(defects, []Defect{each.defect}) {
				t.Errorf("defects: %+v", defects)
			}
			if changed := after.ChangedSince(before); len(changed) > 0 {
				t.Errorf("changed: %q", changed)
			}
			healed := read(t, shop, after)
			if defects := healed.Defects(); len(defects) > 0 {
				t.Errorf("the good document left %+v", defects)
			}
		})
	}
}

func TestAFlagWaitsForTheSegmentThatItNames(t *testing.T) {
	before := read(t, shop, nil)
	context := map[string]any{"targetingKey": "bob"}
	newest := flagOf(`, "rules": [{"if": {"segment": "odd"}, "then": {"variation": "b"}}]`)
	odd := `{"if": {"attribute": "x", "operator": "is_telepathic", "value": 1}}`
	kept := with(t, before, `{"version": 4, "flags": {"plain": `+newest+`}, "segments": {"odd": `+odd+`}}`)
	if is, was := kept.Evaluate("plain", context, 9), before.Evaluate("plain", context, 9); is != was {
		t.Errorf("%+v after %+v", is, was)
	}
	mended := with(t, kept, `{"version": 5, "segments": {"odd": {"included": ["bob"]}}}`)
	if is := mended.Evaluate("plain", context, 9); is.Value != "B" || len(mended.Defects()) > 0 {
		t.Errorf("%+v with %+v", is, mended.Defects())
	}
	gone := with(t, kept, `{"version": 5, "segments": {"odd": null}}`)
	if is := gone.Evaluate("plain", context, 9); is.ErrorCode != ParseError {
		t.Errorf("%+v", is)
	}
}

func TestWhatIsBrokenFromTheStartIsAnErrorAndTheOthersGoOn(t *testing.T) {
	set := read(t, `{"salt": "", "flags": {"bad": {"type": "date"}, "good": `+flagOf("")+`, "asks": `+flagOf(onlyPro)+`}}`, nil)
	for key, code := range map[string]ErrorCode{"bad": ParseError, "asks": ParseError, "good": "", "none": FlagNotFound} {
		if found := set.Evaluate(key, nil, 0).ErrorCode; found != code {
			t.Errorf("%s: %q", key, found)
		}
	}
	if told := fmt.Sprint(set.Defects()); !strings.Contains(told, "{flag asks  there is no segment 'pro'}") || !strings.Contains(told, "{flag bad type ") {
		t.Errorf("defects: %s", told)
	}
	arrived := with(t, set, `{"version": 1, "segments": {"pro": {"included": ["ann"]}}}`)
	if found := arrived.Evaluate("asks", map[string]any{"targetingKey": "ann"}, 0); found.Variation != "b" {
		t.Errorf("after the segment has come: %+v", found)
	}
	if gone := with(t, arrived, `{"version": 2, "segments": {"pro": null}}`); gone.Evaluate("asks", nil, 0).ErrorCode != ParseError {
		t.Error("a flag goes on without its segment")
	}
}

func TestADocumentThatIsNoneAsAWholeIsRefused(t *testing.T) {
	for _, document := range []string{
		``, `null`, `[]`, `{"flags": {}}`, `{"salt": 1}`, `{"salt": "", "schema_version": 2}`, `{"salt": "", "algorithm": "md5"}`,
		`{"salt": "", "flags": []}`, `{"salt": "", "version": "3"}`, `{"salt": ""} {}`, `{"salt": "`,
	} {
		if set, err := FromDocument([]byte(document), nil); err == nil {
			t.Errorf("%s was taken as %+v", document, set)
		}
	}
	set := read(t, shop, nil)
	for _, change := range []string{``, `[]`, `{}`, `{"version": 1.5}`, `{"version": 4, "flags": 1}`, `{"version": 4, "versions": {"plain": "x"}}`} {
		if _, err := set.With([]byte(change)); err == nil {
			t.Errorf("%s was taken", change)
		}
	}
}
