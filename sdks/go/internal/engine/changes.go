package engine

import (
	"maps"
	"slices"
)

// ChangedSince are the keys whose answers may differ from those of `before` for somebody (all, if it is nil), sorted: those
// whose own documents differ, but for description, metadata and version, or those of a segment, an experiment or a
// prerequisite behind them.
func (set *FlagSet) ChangedSince(before *FlagSet) []string {
	if before == nil || before.salt != set.salt {
		return slices.Clone(set.keys)
	}
	comparison := &changeSearch{set, before, set.changedSegments(before), map[string]bool{}}
	var changed []string
	for _, key := range set.keys {
		if comparison.differs(key) {
			changed = append(changed, key)
		}
	}
	for _, key := range before.keys {
		if set.items[key] == nil {
			changed = append(changed, key)
		}
	}
	slices.Sort(changed)
	return changed
}

type changeSearch struct {
	set, before *FlagSet
	segments    map[string]struct{}
	known       map[string]bool
}

func (search *changeSearch) differs(key string) bool {
	differs, known := search.known[key]
	if !known {
		// A circle of prerequisites changes by what is in it, not by being one.
		search.known[key] = false
		differs = search.compare(search.set.items[key], search.before.items[key])
		search.known[key] = differs
	}
	return differs
}

func (search *changeSearch) compare(is, was *item) bool {
	if is == nil || was == nil {
		return is != was
	}
	if is != was && !sameAnswers(is, was) {
		return true
	}
	for _, key := range is.segments {
		if _, changed := search.segments[key]; changed {
			return true
		}
	}
	if is.flag == nil {
		return false
	}
	for _, wanted := range is.flag.prerequisites {
		if search.differs(wanted.flag) {
			return true
		}
	}
	return false
}

func sameAnswers(is, was *item) bool {
	if is.broken() != was.broken() || (is.flag == nil) != (was.flag == nil) {
		return false
	}
	if is.flag != nil && is.flag.meant != was.flag.meant || is.config != nil && is.config.meant != was.config.meant {
		return false
	}
	return slices.EqualFunc(is.experiments, was.experiments, func(left, right *experiment) bool {
		return left.key == right.key && left.meant == right.meant
	})
}

// changedSegments are those that differ, and those that name one of these at any depth.
func (set *FlagSet) changedSegments(before *FlagSet) map[string]struct{} {
	changed := map[string]struct{}{}
	var pending []string
	put := func(key string) {
		if _, known := changed[key]; !known {
			changed[key] = struct{}{}
			pending = append(pending, key)
		}
	}
	referrers := map[string][]string{}
	for key, is := range set.segments {
		if was := before.segments[key]; was != is && (was == nil || !sameMembers(is, was)) {
			put(key)
		}
		for _, other := range is.named {
			referrers[other] = append(referrers[other], key)
		}
	}
	for key := range before.segments {
		if set.segments[key] == nil {
			put(key)
		}
	}
	for len(pending) > 0 {
		key := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for _, referrer := range referrers[key] {
			put(referrer)
		}
	}
	return changed
}

func sameMembers(is, was *segment) bool {
	if is.meant != was.meant || (is.member == nil) != (was.member == nil) || (is.longList == nil) != (was.longList == nil) {
		return false
	}
	return is.longList == nil || maps.EqualFunc(is.longList.chunks, was.longList.chunks, func(left, right *listChunk) bool {
		return left.digest == right.digest
	})
}
