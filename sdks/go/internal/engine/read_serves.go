package engine

import "github.com/feature-flag-platform/sdk/go/internal/values"

// hundredths reads a percentage with at most two decimals.
func (reading *reading) hundredths(value any, path string) int {
	hundredths, reason := values.Hundredths(value)
	if reason != "" {
		reading.fail(path, "%s", reason)
	}
	return hundredths
}

// shares reads [{"key", "weight"}, ..], each with what else it may have.
func (reading *reading) shares(elements []any, path string, also ...string) []share {
	shares := make([]share, len(elements))
	for index, element := range elements {
		object := reading.object(element, indexed(path, index))
		object.refuseOthers(append([]string{"key", "weight"}, also...)...)
		key := object.text("key")
		weight, at := object.required("weight")
		shares[index] = share{key, reading.hundredths(weight, at)}
	}
	return shares
}

// bucketBy is nil for the targeting key, which may be named.
func (object object) bucketBy() *attribute {
	name := object.optionalText("bucket_by")
	if name == nil || *name == targetingKey {
		return nil
	}
	attribute := attributeOf(*name)
	return &attribute
}

// serve reads {"variation": key} or {"rollout": {"variations": [..], "bucket_by": ..}}.
func (object object) serve() serve {
	_, isFixed := object.members["variation"]
	_, isRollout := object.members["rollout"]
	if len(object.members) != 1 || !isFixed && !isRollout {
		object.fail(object.path, "must have exactly one of variation or rollout")
		return serve{}
	}
	if isFixed {
		return serve{variation: object.text("variation")}
	}
	rollout := object.member("rollout")
	rollout.refuseOthers("variations", "bucket_by")
	elements, path := rollout.list("variations")
	return serve{shares: object.shares(elements, path), bucketBy: rollout.bucketBy()}
}
