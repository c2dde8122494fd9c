//go:build parity

package conformance

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"

	"github.com/feature-flag-platform/sdk/go/internal/engine"
)

// The file of FFP_EXPLANATIONS has a config, and what another engine tells of it: {"config", "now", "explanations": [{"flag",
// "context", "told"}]}.
func TestExplanationsAreThoseOfAnotherEngine(t *testing.T) {
	text, err := os.ReadFile(os.Getenv("FFP_EXPLANATIONS"))
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Config       json.RawMessage `json:"config"`
		Now          int64           `json:"now"`
		Explanations []struct {
			Flag    string          `json:"flag"`
			Context json.RawMessage `json:"context"`
			Told    json.RawMessage `json:"told"`
		} `json:"explanations"`
	}
	if err := json.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	set, err := engine.FromDocument(file.Config, nil)
	if err != nil {
		t.Fatal(err)
	}
	different := 0
	for _, each := range file.Explanations {
		context, err := plain(each.Context)
		if err != nil {
			t.Fatal(err)
		}
		told, err := json.Marshal(set.Explain(each.Flag, context.(map[string]any), file.Now))
		if err != nil {
			t.Fatal(err)
		}
		is, err := plain(told)
		if err != nil {
			t.Fatal(err)
		}
		wanted, err := plain(each.Told)
		if err != nil {
			t.Fatal(err)
		}
		if !Same(is, wanted) {
			different++
			if different <= 5 {
				t.Errorf("%s in %s:\ngot  %s\nwant %s", each.Flag, each.Context, bytes.TrimSpace(told), each.Told)
			}
		}
	}
	if different > 0 || len(file.Explanations) == 0 {
		t.Errorf("%d of %d explanations differ", different, len(file.Explanations))
	}
}
