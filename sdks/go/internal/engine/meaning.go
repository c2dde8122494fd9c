package engine

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/json"
)

// meaningOf is a digest of all in an entity's document that answers depend on: not of description, metadata and version.
func meaningOf(members map[string]any) digest {
	var text []byte
	for _, name := range sortedKeys(members) {
		switch name {
		case "description", "metadata", "version":
		default:
			text = appendMeaning(appendText(text, 'k', name), members[name])
		}
	}
	return sha256.Sum256(text)
}

// appendMeaning writes JSON in a form that only equal JSON has, whatever the order of members.
func appendMeaning(text []byte, value any) []byte {
	switch value := value.(type) {
	case bool:
		if value {
			return append(text, 't')
		}
		return append(text, 'f')
	case string:
		return appendText(text, 's', value)
	case json.Number:
		return appendText(text, 'd', string(value))
	case []any:
		text = binary.AppendUvarint(append(text, 'a'), uint64(len(value)))
		for _, element := range value {
			text = appendMeaning(text, element)
		}
		return text
	case map[string]any:
		text = binary.AppendUvarint(append(text, 'o'), uint64(len(value)))
		for _, name := range sortedKeys(value) {
			text = appendMeaning(appendText(text, 'k', name), value[name])
		}
		return text
	default:
		return append(text, 'n')
	}
}

func appendText(text []byte, kind byte, content string) []byte {
	return append(binary.AppendUvarint(append(text, kind), uint64(len(content))), content...)
}
