package conformance

import (
	"encoding/json"
	"testing"
)

const batchConfig = `{"salt": "s", "flags": {"f": {"type": "integer", "variations": {"a": 3.0, "b": 2}, "off_variation": "b",
	"default": {"rollout": {"variations": [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}], "bucket_by": "company"}}}}}`

func TestABatchAnswersEachItemInItsOrder(t *testing.T) {
	batch, err := NewBatch([]byte(batchConfig))
	if err != nil {
		t.Fatal(err)
	}
	answers, err := batch.Evaluate([]byte(`[{"id": 7, "flag": "f", "context": {"company": "acme"}, "now": 1},
		{"id": "none", "flag": "g", "context": {}, "now": 1}, {"id": "list", "flag": "f", "context": [], "now": 1}]`))
	if err != nil {
		t.Fatal(err)
	}
	text, err := json.Marshal(answers)
	if err != nil {
		t.Fatal(err)
	}
	const rest = `"override":false,"paused":null,"prerequisite":null,"overrides":[],"invalid_combination":false,"split":`
	wanted := `[{"id":7,"value":2,"variation":"b","reason":"SPLIT","errorCode":null,"experiments":[],"bucket_by":"company",` + rest + `"$default"},` +
		`{"id":"none","value":null,"variation":null,"reason":"ERROR","errorCode":"FLAG_NOT_FOUND","experiments":[],"bucket_by":null,` + rest + `null},` +
		`{"id":"list","value":null,"variation":null,"reason":"ERROR","errorCode":"INVALID_CONTEXT","experiments":[],"bucket_by":null,` + rest + `null}]`
	if string(text) != wanted {
		t.Errorf("got  %s\nwant %s", text, wanted)
	}
}

func TestWhatIsNoBatchIsRefused(t *testing.T) {
	if _, err := NewBatch([]byte(`{"flags": {}}`)); err == nil {
		t.Error("a config without salt was taken")
	}
	batch, err := NewBatch([]byte(batchConfig))
	if err != nil {
		t.Fatal(err)
	}
	for _, items := range []string{`{}`, `[{"id": 1, "context": {}}]`, `[{"id": 1, "flag": "f", "context": {}, "now": "soon"}]`} {
		if _, err := batch.Evaluate([]byte(items)); err == nil {
			t.Errorf("%s was taken", items)
		}
	}
}
