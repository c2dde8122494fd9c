package engine

import (
	"maps"
	"sort"
	"strings"
)

// unusableReason says why a segment can't be asked, or a flag not evaluated because of what it names. `broken` tells a segment
// that is there and can't be evaluated from one that is absent.
type unusableReason struct {
	text   string
	broken bool
}

// unusableSegments are those that are broken, or name one that is broken or absent, directly or through others.
func unusableSegments(segments map[string]*segment) map[string]*unusableReason {
	reasons := map[string]*unusableReason{}
	referrers := map[string][]string{}
	var pending []string
	keys := sortedKeys(segments)
	for _, key := range keys {
		if segment := segments[key]; segment.defect != nil {
			reasons[key] = &unusableReason{"segment " + quoted(key) + ": " + segment.defect.Error(), true}
			pending = append(pending, key)
		}
	}
	for _, key := range keys {
		for _, other := range segments[key].named {
			referrers[other] = append(referrers[other], key)
			if segments[other] == nil && reasons[key] == nil {
				reasons[key] = &unusableReason{"segment " + quoted(key) + ": there is no segment " + quoted(other), false}
				pending = append(pending, key)
			}
		}
	}
	for len(pending) > 0 {
		key := pending[len(pending)-1]
		pending = pending[:len(pending)-1]
		for _, referrer := range referrers[key] {
			if reasons[referrer] == nil {
				reasons[referrer] = reasons[key]
				pending = append(pending, referrer)
			}
		}
	}
	return reasons
}

// missing is what the item names and isn't there; nil if all is. An archived flag is off, and what it names may have gone.
func (set *FlagSet) missing(item *item) *unusableReason {
	if item.program == nil || item.flag != nil && item.flag.archived || item.config != nil && item.config.archived {
		return nil
	}
	for _, key := range item.segments {
		if set.segments[key] == nil {
			return &unusableReason{"there is no segment " + quoted(key), false}
		}
		if reason := set.unusable[key]; reason != nil {
			return reason
		}
	}
	if item.flag == nil {
		return nil
	}
	for _, wanted := range item.flag.prerequisites {
		other := set.items[wanted.flag]
		if other == nil || other.flag == nil {
			return &unusableReason{"there is no flag " + quoted(wanted.flag) + ", which is a prerequisite", false}
		}
		if !other.flag.has(wanted.variation) {
			text := "the prerequisite " + quoted(wanted.flag) + " has no variation " + quoted(wanted.variation)
			return &unusableReason{text, false}
		}
	}
	return nil
}

// resolve looks at the references of the items of these keys anew. An item whose state is another one is replaced by a copy.
func (set *FlagSet) resolve(keys map[string]struct{}, before *FlagSet) {
	for key := range keys {
		one := set.items[key]
		if one == nil {
			continue
		}
		reason := set.missing(one)
		if reason != nil && one.isKept() {
			// What was kept can't be evaluated any more, so the newest documents stand for themselves.
			one = set.made(key)
			set.items[key], reason = one, set.missing(one)
		}
		if reason != nil && reason.broken {
			if kept := set.kept(before.items[key], &fieldError{"", reason.text}); kept != nil {
				set.items[key] = kept
				continue
			}
		}
		if !sameReason(reason, one.unresolved) {
			changed := *one
			changed.unresolved = reason
			set.items[key] = &changed
		}
	}
}

// concerned are the keys that a change has touched, and those of items that name what has come, gone or become another: a segment
// that can be asked now and couldn't before, or a flag with other variations.
func (set *FlagSet) concerned(before *FlagSet, touched map[string]struct{}) map[string]struct{} {
	segments := map[string]struct{}{}
	for _, tables := range [][2]*FlagSet{{set, before}, {before, set}} {
		one, other := tables[0], tables[1]
		for key := range one.segments {
			if other.segments[key] == nil || !sameReason(one.unusable[key], other.unusable[key]) {
				segments[key] = struct{}{}
			}
		}
	}
	flags := map[string]struct{}{}
	for key := range touched {
		if set.items[key].variations() != before.items[key].variations() {
			flags[key] = struct{}{}
		}
	}
	if len(segments)+len(flags) == 0 {
		return touched
	}
	concerned := maps.Clone(touched)
	for key, item := range set.items {
		if item.names(flags, segments) {
			concerned[key] = struct{}{}
		}
	}
	return concerned
}

// variations is a text that only these variations have; empty for no flag.
func (item *item) variations() string {
	if item == nil || item.flag == nil {
		return ""
	}
	return "/" + strings.Join(item.flag.order, "/")
}

func (item *item) names(flags, segments map[string]struct{}) bool {
	for _, key := range item.segments {
		if _, named := segments[key]; named {
			return true
		}
	}
	if item.flag == nil || len(flags) == 0 {
		return false
	}
	for _, wanted := range item.flag.prerequisites {
		if _, named := flags[wanted.flag]; named {
			return true
		}
	}
	return false
}

// kept is an item of the set before, if it is good here too: what was good goes on while what has come can't be evaluated.
func (set *FlagSet) kept(before *item, defect *fieldError) *item {
	if before == nil || !before.isGood() || set.missing(before) != nil {
		return nil
	}
	kept := *before
	kept.defect = defect
	return &kept
}

func sameReason(left, right *unusableReason) bool {
	return left == right || left != nil && right != nil && *left == *right
}

// sortedExperiments are each flag's experiments, the one that starts first in front.
func sortedExperiments(experiments map[string]*experiment) map[string][]*experiment {
	grouped := map[string][]*experiment{}
	for _, experiment := range experiments {
		grouped[experiment.flag] = append(grouped[experiment.flag], experiment)
	}
	for _, group := range grouped {
		sort.Slice(group, func(left, right int) bool {
			if group[left].startAt != group[right].startAt {
				return group[left].startAt < group[right].startAt
			}
			return group[left].key < group[right].key
		})
	}
	return grouped
}
