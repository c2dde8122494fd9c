package engine

// Document is the decision as JSON, as explanations and golden cases tell it; absent parts are left out, `value`, `variation`
// and `reason` never are.
func (decision *Decision) Document() map[string]any {
	document := map[string]any{
		"flag":      decision.Flag,
		"value":     decision.Value,
		"variation": decision.Variation,
		"reason":    string(decision.Reason),
		"version":   decision.Version,
	}
	if decision.ErrorCode != "" {
		document["value"], document["variation"] = nil, nil
		document["errorCode"] = string(decision.ErrorCode)
		document["errorMessage"] = decision.ErrorMessage
	}
	if len(decision.Experiments) > 0 {
		experiments := make([]any, len(decision.Experiments))
		for index, each := range decision.Experiments {
			experiments[index] = map[string]any{"key": each.Key, "phase": each.Phase}
		}
		document["experiment"], document["experiments"] = decision.Experiment(), experiments
	}
	for name, text := range map[string]string{
		"prerequisite": decision.Prerequisite, "bucket_by": decision.BucketBy, "paused": decision.Paused,
	} {
		if text != "" {
			document[name] = text
		}
	}
	if decision.Override {
		document["override"] = true
	}
	if len(decision.Applied) > 0 {
		document["overrides"] = listOf(decision.Applied)
	}
	if decision.InvalidCombination {
		document["invalid_combination"] = true
	}
	return document
}

func listOf[Element any](elements []Element) []any {
	list := make([]any, len(elements))
	for index, element := range elements {
		list[index] = element
	}
	return list
}
