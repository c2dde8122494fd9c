package config

import (
	"bytes"
	"encoding/json"
	"os"
	"testing"
)

// The document of CONFIG_DOCUMENT is decoded strictly, and written to CONFIG_WRITTEN for the caller to compare.
func TestADocumentSurvives(t *testing.T) {
	source, target := os.Getenv("CONFIG_DOCUMENT"), os.Getenv("CONFIG_WRITTEN")
	if source == "" {
		t.Skip("tests/contract/test_sdk_types.py says which document")
	}
	text, err := os.ReadFile(source)
	if err != nil {
		t.Fatal(err)
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.DisallowUnknownFields()
	var document Config
	if err := decoder.Decode(&document); err != nil {
		t.Fatal(err)
	}
	written, err := json.Marshal(document)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(target, written, 0o600); err != nil {
		t.Fatal(err)
	}
}
