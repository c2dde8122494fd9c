package engine

import "sort"

// Defect says what can't be read or evaluated: the kind of entity (flag, segment, experiment, remote_config), its key, the
// path of the field in it, and why.
type Defect struct {
	Kind    string
	Key     string
	Field   string
	Message string
}

// Defects are what can't be read or evaluated, sorted by kind and key; also where what was good before is kept.
func (set *FlagSet) Defects() []Defect {
	found := make([]Defect, 0, len(set.unread))
	for name, err := range set.unread {
		found = append(found, Defect{name.kind, name.key, err.field, err.reason})
	}
	for key, item := range set.items {
		name := entityName{string(item.info.Kind), key}
		if _, told := set.unread[name]; told {
			continue
		}
		if err := item.defect; err != nil {
			found = append(found, Defect{name.kind, key, err.field, err.reason})
		} else if item.unresolved != nil {
			found = append(found, Defect{name.kind, key, "", item.unresolved.text})
		}
	}
	sort.Slice(found, func(left, right int) bool {
		if found[left].Kind != found[right].Kind {
			return found[left].Kind < found[right].Kind
		}
		return found[left].Key < found[right].Key
	})
	return found
}
