package store

import (
	"encoding/json"
	"fmt"
	"maps"
)

// Document is a config document whose entities are bytes as they came, so that a change is put onto it without reading the others.
type Document struct {
	fields   map[string]json.RawMessage
	entities map[string]map[string]json.RawMessage
}

// tables are the members of a document that changes name.
var tables = []string{"flags", "segments", "experiments", "remote_configs"}

// Parse takes a document apart.
func Parse(document []byte) (*Document, error) {
	parsed := &Document{entities: map[string]map[string]json.RawMessage{}}
	fields, err := object(document)
	if err != nil {
		return nil, err
	}
	parsed.fields = fields
	for _, table := range tables {
		entities, err := object(parsed.fields[table])
		if err != nil {
			return nil, fmt.Errorf("%s: %w", table, err)
		}
		parsed.entities[table] = entities
	}
	return parsed, nil
}

// Apply puts a `change` of the stream onto it; with an error it stays as it was.
func (d *Document) Apply(change []byte) error {
	told, err := object(change)
	if err != nil {
		return err
	}
	next := map[string]map[string]json.RawMessage{}
	for _, table := range tables {
		entities := maps.Clone(d.entities[table])
		changed, err := object(told[table])
		if err != nil {
			return fmt.Errorf("%s: %w", table, err)
		}
		for key, entity := range changed {
			if string(entity) == "null" {
				delete(entities, key)
			} else {
				entities[key] = entity
			}
		}
		next[table] = entities
	}
	if err := restamp(next, told["versions"]); err != nil {
		return err
	}
	d.entities = next
	d.fields["version"] = told["version"]
	return nil
}

// restamp gives flags and remote configs whose documents stayed the versions of their answers.
func restamp(entities map[string]map[string]json.RawMessage, told json.RawMessage) error {
	versions, err := object(told)
	if err != nil {
		return fmt.Errorf("versions: %w", err)
	}
	for key, version := range versions {
		for _, table := range []string{"flags", "remote_configs"} {
			entity, held := entities[table][key]
			if !held {
				continue
			}
			fields, err := object(entity)
			if err != nil {
				return fmt.Errorf("%s.%s: %w", table, key, err)
			}
			fields["version"] = version
			written, err := json.Marshal(fields)
			if err != nil {
				return err
			}
			entities[table][key] = written
		}
	}
	return nil
}

// object is the members of a JSON object; none of one that is absent or null.
func object(raw json.RawMessage) (map[string]json.RawMessage, error) {
	members := map[string]json.RawMessage{}
	if len(raw) == 0 || string(raw) == "null" {
		return members, nil
	}
	err := json.Unmarshal(raw, &members)
	return members, err
}

// Bytes is the document as JSON.
func (d *Document) Bytes() ([]byte, error) {
	fields := maps.Clone(d.fields)
	for table, entities := range d.entities {
		written, err := json.Marshal(entities)
		if err != nil {
			return nil, err
		}
		fields[table] = written
	}
	return json.Marshal(fields)
}
