package engine

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
)

const (
	schemaVersion = 1
	algorithm     = "sha256-10000-v1"
)

// entityName is an entity by its kind and its key.
type entityName struct {
	kind string
	key  string
}

// tables are the entities of a document or a change, still as text, by their keys; null for what is gone.
type tables struct {
	flags         map[string]json.RawMessage
	segments      map[string]json.RawMessage
	experiments   map[string]json.RawMessage
	remoteConfigs map[string]json.RawMessage
}

// header is what a document says beside its entities.
type header struct {
	salt    string
	version int64
}

// decoded reads JSON whose numbers keep their text.
func decoded(text []byte) (any, error) {
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var value any
	if err := decoder.Decode(&value); err != nil {
		return nil, err
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, errors.New("there is something behind the JSON value")
	}
	return value, nil
}

func topLevel(text []byte) (map[string]json.RawMessage, error) {
	var members map[string]json.RawMessage
	if err := json.Unmarshal(text, &members); err != nil {
		return nil, err
	}
	if members == nil {
		return nil, errors.New("must be an object")
	}
	return members, nil
}

// headerOf reads all members but the four tables.
func headerOf(members map[string]json.RawMessage) (object, error) {
	plain := map[string]any{}
	for name, text := range members {
		switch name {
		case "flags", "segments", "experiments", "remote_configs":
			continue
		}
		value, err := decoded(text)
		if err != nil {
			return object{}, err
		}
		plain[name] = value
	}
	return (&reading{}).object(plain, ""), nil
}

func tablesOf(members map[string]json.RawMessage) (tables, error) {
	var read tables
	for name, into := range map[string]*map[string]json.RawMessage{
		"flags": &read.flags, "segments": &read.segments, "experiments": &read.experiments, "remote_configs": &read.remoteConfigs,
	} {
		text, there := members[name]
		if !there {
			continue
		}
		if err := json.Unmarshal(text, into); err != nil {
			return tables{}, fmt.Errorf("%s: must be an object", name)
		}
	}
	return read, nil
}

func readDocument(text []byte) (header, tables, error) {
	members, err := topLevel(text)
	if err != nil {
		return header{}, tables{}, err
	}
	object, err := headerOf(members)
	if err != nil {
		return header{}, tables{}, err
	}
	if object.integerOr("schema_version", schemaVersion) != schemaVersion {
		object.fail("schema_version", "must be %d", schemaVersion)
	}
	if told := object.optionalText("algorithm"); told != nil && *told != algorithm {
		object.fail("algorithm", "must be %s", algorithm)
	}
	head := header{object.text("salt"), object.integerOr("version", 0)}
	if object.err != nil {
		return header{}, tables{}, object.err
	}
	entities, err := tablesOf(members)
	return head, entities, err
}

// readChange reads the data of a change event; `versions` are those of answers that changed through something else.
func readChange(text []byte) (version int64, versions map[string]int64, changed tables, err error) {
	members, err := topLevel(text)
	if err != nil {
		return 0, nil, tables{}, err
	}
	object, err := headerOf(members)
	if err != nil {
		return 0, nil, tables{}, err
	}
	version = object.integer("version")
	versions = map[string]int64{}
	if object.members["versions"] != nil {
		told := object.member("versions")
		for key := range told.members {
			versions[key] = told.integer(key)
		}
	}
	if object.err != nil {
		return 0, nil, tables{}, object.err
	}
	changed, err = tablesOf(members)
	return version, versions, changed, err
}
