package engine

import (
	"strconv"

	"github.com/feature-flag-platform/sdk/go/internal/values"
)

func readSegment(document object) *segment {
	read := &segment{included: keySet(document.optionalTexts("included")), excluded: keySet(document.optionalTexts("excluded"))}
	if when := document.members["if"]; when != nil {
		read.when = document.condition(when, at(document.path, "if"))
	}
	if list := document.members["long_list"]; list != nil {
		read.longList = longListOf(document.longList(list, at(document.path, "long_list")), nil)
	}
	return read
}

func keySet(keys []string) map[string]struct{} {
	if len(keys) == 0 {
		return nil
	}
	set := make(map[string]struct{}, len(keys))
	for _, key := range keys {
		set[key] = struct{}{}
	}
	return set
}

func readExperiment(document object) *experiment {
	mode := document.text("mode")
	if mode != "assigns" && mode != "observes" {
		document.fail(at(document.path, "mode"), "must be one of assigns, observes")
	}
	elements, path := document.list("variations")
	read := &experiment{
		flag:     document.text("flag"),
		assigns:  mode == "assigns",
		shares:   document.shares(elements, path, "value"),
		patches:  document.patches(elements, path),
		startAt:  document.integer("start_at"),
		stopAt:   document.optionalInteger("stop_at"),
		traffic:  values.BucketCount,
		bucketBy: document.bucketBy(),
		slot:     document.slot(),
		holdouts: document.holdouts(),
		phase:    document.integerOr("phase", 1),
		seed:     document.optionalText("seed"),
		paused:   document.flag("paused", false),
	}
	if traffic := document.members["traffic"]; traffic != nil {
		read.traffic = document.hundredths(traffic, at(document.path, "traffic"))
	}
	if audience := document.members["audience"]; audience != nil {
		read.audience = document.condition(audience, at(document.path, "audience"))
	}
	return read
}

// patches are the variations' values, where they have one.
func (object object) patches(elements []any, path string) map[string]map[string]any {
	patches := map[string]map[string]any{}
	for index, element := range elements {
		variation := object.reading.object(element, indexed(path, index))
		if patch := variation.plain("value"); patch != nil {
			patches[variation.text("key")] = patch
		}
	}
	return patches
}

func (object object) slot() *layerSlot {
	if object.members["layer"] == nil {
		return nil
	}
	layer := object.member("layer")
	return &layerSlot{layer.text("key"), layer.integer("start"), layer.integer("end")}
}

func (object object) holdouts() []holdout {
	elements, path := object.optionalList("holdouts")
	holdouts := make([]holdout, len(elements))
	for index, element := range elements {
		one := object.reading.object(element, indexed(path, index))
		holdouts[index] = holdout{one.text("key"), object.hundredths(one.members["share"], at(one.path, "share"))}
	}
	return holdouts
}

func readRemoteConfig(document object) *remoteConfig {
	resolve := "first"
	if told := document.optionalText("resolve"); told != nil {
		resolve = *told
	}
	if resolve != "first" && resolve != "merge" {
		document.fail(at(document.path, "resolve"), "must be one of first, merge")
	}
	document.member("value")
	elements, path := document.optionalList("overrides")
	read := &remoteConfig{
		value:         document.plain("value"),
		merges:        resolve == "merge",
		overrides:     make([]configOverride, len(elements)),
		invalid:       document.positions("invalid"),
		clientVisible: document.flag("client_visible", false),
		archived:      document.flag("archived", false),
		version:       document.integerOr("version", 0),
		metadata:      document.metadata(),
	}
	for index, element := range elements {
		read.overrides[index] = document.reading.object(element, indexed(path, index)).override(index)
	}
	return read
}

func (object object) override(index int) configOverride {
	object.refuseOthers("id", "if", "segment", "value")
	read := configOverride{id: "override-" + strconv.Itoa(index+1)}
	if id := object.optionalText("id"); id != nil {
		read.id = *id
	}
	isSugar, hasCondition := object.members["segment"] != nil, object.members["if"] != nil
	switch {
	case isSugar && hasCondition:
		object.fail(at(object.path, "segment"), "stands beside an if; one of them at most")
	case isSugar:
		read.when = &condition{form: inSegment, segment: object.text("segment")}
	default:
		when, path := object.required("if")
		read.when = object.condition(when, path)
	}
	object.member("value")
	read.value = object.plain("value")
	return read
}

func (object object) positions(name string) [][]int64 {
	elements, path := object.optionalList(name)
	sets := make([][]int64, len(elements))
	for index, element := range elements {
		here := indexed(path, index)
		for position, each := range object.asList(element, here) {
			sets[index] = append(sets[index], object.asInteger(each, indexed(here, position)))
		}
	}
	return sets
}
