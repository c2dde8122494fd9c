package engine

import (
	"crypto/sha256"
	"encoding/json"
	"maps"
	"slices"
)

// FromDocument reads a config document. An entity in it that can't be read or evaluated keeps what `before` (which may be
// nil) held, and stands in Defects; a flag of which nothing was held answers PARSE_ERROR. The error is of a document that as
// a whole is none.
func FromDocument(document []byte, before *FlagSet) (*FlagSet, error) {
	head, entities, err := readDocument(document)
	if err != nil {
		return nil, err
	}
	if before == nil || before.salt != head.salt {
		before = &FlagSet{}
	}
	next := (&FlagSet{salt: head.salt}).next(head.version, entities, before)
	next.unusable = unusableSegments(next.segments)
	all := map[string]struct{}{}
	for key := range next.flags {
		all[key] = struct{}{}
	}
	for key := range next.configs {
		all[key] = struct{}{}
	}
	next.items = make(map[string]*item, len(all))
	next.settle(all, before)
	next.resolve(all, before)
	next.keys = sortedKeys(next.items)
	return next, nil
}

// With is the set after a change, the `data` of a `change` event of /v1/stream:
// {"version", "flags": {key: document or null}, "segments", "experiments", "remote_configs", "versions": {key: number}}.
// The error is of a change that as a whole is none.
func (set *FlagSet) With(change []byte) (*FlagSet, error) {
	version, versions, entities, err := readChange(change)
	if err != nil {
		return nil, err
	}
	next := set.next(version, entities, set)
	next.restamp(versions)
	next.unusable = set.unusable
	if len(entities.segments) > 0 {
		next.unusable = unusableSegments(next.segments)
	}
	touched := next.touched(set, versions, entities)
	next.items = maps.Clone(set.items)
	next.settle(touched, set)
	next.resolve(next.concerned(set, touched), set)
	next.keys = set.keys
	for key := range touched {
		if (next.items[key] == nil) != (set.items[key] == nil) {
			next.keys = sortedKeys(next.items)
			break
		}
	}
	return next, nil
}

// touched are the keys whose items a change may have made others; what is kept may have waited for a segment.
func (set *FlagSet) touched(before *FlagSet, versions map[string]int64, changed tables) map[string]struct{} {
	touched := map[string]struct{}{}
	for key := range versions {
		touched[key] = struct{}{}
	}
	for _, table := range []map[string]json.RawMessage{changed.flags, changed.remoteConfigs} {
		for key := range table {
			touched[key] = struct{}{}
		}
	}
	if len(changed.segments) > 0 {
		for key, item := range before.items {
			if item.isKept() {
				touched[key] = struct{}{}
			}
		}
	}
	for key := range changed.experiments {
		for _, held := range []*FlagSet{before, set} {
			if experiment := held.experiments[key]; experiment != nil {
				touched[experiment.flag] = struct{}{}
			}
		}
	}
	return touched
}

// next has the entities of this set with those of `changed` instead; of what can't be read that of `before` is taken.
func (set *FlagSet) next(version int64, changed tables, before *FlagSet) *FlagSet {
	next := &FlagSet{salt: set.salt, version: version, unread: maps.Clone(set.unread), onFlag: set.onFlag}
	if next.unread == nil {
		next.unread = map[entityName]*fieldError{}
	}
	next.flags = merged(flagKind, next.unread, set.flags, before.flags, changed.flags)
	next.configs = merged(configKind, next.unread, set.configs, before.configs, changed.remoteConfigs)
	next.segments = merged(segmentKind, next.unread, set.segments, before.segments, changed.segments)
	next.experiments = merged(experimentKind, next.unread, set.experiments, before.experiments, changed.experiments)
	for key := range changed.segments {
		if segment := next.segments[key]; segment != nil {
			next.segments[key] = next.compiledSegment(segment, before.segments[key])
		}
	}
	if len(changed.experiments) > 0 {
		next.onFlag = sortedExperiments(next.experiments)
	}
	return next
}

// kind is how entities of one table are read.
type kind[Entity any] struct {
	name string
	read func(document object) *Entity
	head func(*Entity) *entity
}

var (
	flagKind       = kind[flag]{"flag", readFlag, func(one *flag) *entity { return &one.entity }}
	segmentKind    = kind[segment]{"segment", readSegment, func(one *segment) *entity { return &one.entity }}
	experimentKind = kind[experiment]{"experiment", readExperiment, func(one *experiment) *entity { return &one.entity }}
	configKind     = kind[remoteConfig]{"remote_config", readRemoteConfig, func(one *remoteConfig) *entity { return &one.entity }}
)

// merged is a table after a change. What comes with the same bytes as in the table before is that entity itself.
func merged[Entity any](
	kind kind[Entity], unread map[entityName]*fieldError, held, before map[string]*Entity, changed map[string]json.RawMessage,
) map[string]*Entity {
	if len(changed) == 0 && held != nil {
		return held
	}
	table := make(map[string]*Entity, len(held)+len(changed))
	maps.Copy(table, held)
	for key, text := range changed {
		name := entityName{kind.name, key}
		delete(unread, name)
		was := before[key]
		switch {
		case string(text) == "null":
			delete(table, key)
			continue
		case was != nil && kind.head(was).written == sha256.Sum256(text):
			table[key] = was
			if err := kind.head(was).unreadable; err != nil {
				unread[name] = err
			}
			continue
		}
		read := kind.of(key, text)
		if err := kind.head(read).unreadable; err != nil {
			unread[name] = err
			if was != nil && kind.head(was).unreadable == nil {
				read = was
			}
		}
		table[key] = read
	}
	return table
}

// of reads one entity. What can't be read is an entity that says so.
func (kind kind[Entity]) of(key string, text []byte) *Entity {
	head := entity{key: key, written: sha256.Sum256(text)}
	value, err := decoded(text)
	reading := &reading{}
	if err != nil {
		reading.fail("", "%v", err)
	}
	document := reading.object(value, "")
	if named := document.members["key"]; named != nil && named != key {
		reading.fail("key", "must be %s, as the object around it says", quoted(key))
	}
	head.meant = meaningOf(document.members)
	read := kind.read(document)
	head.unreadable = reading.err
	*kind.head(read) = head
	return read
}

// compiledSegment is a segment that has just been read, ready to be asked; or the one before, if it can't be.
func (set *FlagSet) compiledSegment(read, before *segment) *segment {
	if read == before {
		if read.defect != nil {
			set.unread[entityName{segmentKind.name, read.key}] = read.defect
		}
		return read
	}
	if err := read.check(); err != nil {
		set.unread[entityName{segmentKind.name, read.key}] = err
		if before != nil && before.member != nil {
			return before
		}
		read.defect = err
		return read
	}
	if before != nil && before.longList != nil && read.longList != nil {
		read.longList = longListOf(read.longList.references, before.longList.chunks)
	}
	read.named = segmentsIn(read.when)
	slices.Sort(read.named)
	read.member = compiler{}.membership(read)
	return read
}

// restamp gives flags and remote configs whose answers have changed through something else the version of these answers.
func (set *FlagSet) restamp(versions map[string]int64) {
	if len(versions) == 0 {
		return
	}
	set.flags, set.configs = maps.Clone(set.flags), maps.Clone(set.configs)
	for key, version := range versions {
		if held := set.flags[key]; held != nil {
			stamped := *held
			stamped.version, stamped.written = version, digest{}
			set.flags[key] = &stamped
		} else if held := set.configs[key]; held != nil {
			stamped := *held
			stamped.version, stamped.written = version, digest{}
			set.configs[key] = &stamped
		}
	}
}

// settle makes the items of these keys, or takes those of the set before. One that can't be evaluated leaves a good one where
// it was.
func (set *FlagSet) settle(keys map[string]struct{}, before *FlagSet) {
	var defective []*item
	for key := range keys {
		flag, config, experiments := set.documents(key)
		if flag == nil && config == nil {
			delete(set.items, key)
			continue
		}
		was := before.items[key]
		if was != nil && was.flag == flag && was.config == config && slices.Equal(was.experiments, experiments) {
			set.items[key] = was
			continue
		}
		made := set.made(key)
		set.items[key] = made
		if made.defect != nil {
			defective = append(defective, made)
		}
	}
	for _, made := range defective {
		if kept := set.kept(before.items[made.key], made.defect); kept != nil {
			set.items[made.key] = kept
		}
	}
}

// documents are what stands under a key: a flag, or a remote config if there is none, and the experiments on it.
func (set *FlagSet) documents(key string) (*flag, *remoteConfig, []*experiment) {
	if flag := set.flags[key]; flag != nil {
		return flag, nil, set.onFlag[key]
	}
	return nil, set.configs[key], set.onFlag[key]
}

// made is the item of a key as the newest documents have it.
func (set *FlagSet) made(key string) *item {
	flag, config, experiments := set.documents(key)
	return newItem(key, flag, config, experiments, set.salt)
}
