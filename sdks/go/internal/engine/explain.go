package engine

// Explanation is a decision with its trace, the JSON document that the edge gives.
type Explanation map[string]any

// Explain is the decision of Evaluate with the ordered trace of how it came about.
func (set *FlagSet) Explain(key string, context map[string]any, now int64) Explanation { return nil }
