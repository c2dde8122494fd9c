//go:build parity

package conformance

import (
	"encoding/json"
	"os"
	"slices"
	"testing"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

// The file of FFP_CHANGES has a config and what follows it: {"config", "now", "contexts", "steps": [{"config", "change"}]}. A change
// must lead to what the whole document leads to, and tell every key whose answers became others.
func TestChangesLeadToWhatDocumentsLeadTo(t *testing.T) {
	text, err := os.ReadFile(os.Getenv("FFP_CHANGES"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Config   json.RawMessage  `json:"config"`
		Now      int64            `json:"now"`
		Contexts []map[string]any `json:"contexts"`
		Steps    []struct {
			Config json.RawMessage `json:"config"`
			Change json.RawMessage `json:"change"`
		} `json:"steps"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	before, err := engine.FromDocument(file.Config, nil)
	if err != nil {
		t.Fatal(err)
	}
	told := 0
	for number, step := range file.Steps {
		changed, err := before.With(step.Change)
		if err != nil {
			t.Fatal(err)
		}
		whole, err := engine.FromDocument(step.Config, before)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(changed.Keys(), whole.Keys()) || !slices.Equal(changed.Defects(), whole.Defects()) {
			t.Errorf("step %d: keys or defects differ: %v, %v", number, changed.Defects(), whole.Defects())
		}
		keys := changed.ChangedSince(before)
		if others := whole.ChangedSince(before); !slices.Equal(keys, others) {
			t.Errorf("step %d: changed are %q by the change, %q by the document", number, keys, others)
		}
		told += len(keys)
		for _, key := range changed.Keys() {
			for _, context := range file.Contexts {
				is, also := changed.Evaluate(key, context, file.Now), whole.Evaluate(key, context, file.Now)
				if !Same(is.Document(), also.Document()) {
					t.Errorf("step %d: %s is %+v by the change, %+v by the document", number, key, is, also)
				}
				was := before.Evaluate(key, context, file.Now)
				differs := is.Variation != was.Variation || is.Reason != was.Reason || !Same(is.Value, was.Value)
				if differs && !slices.Contains(keys, key) {
					t.Errorf("step %d: nobody was told that %s became %+v, from %+v", number, key, is, was)
				}
			}
		}
		before = changed
	}
	if told == 0 {
		t.Error("nothing has changed")
	}
}
