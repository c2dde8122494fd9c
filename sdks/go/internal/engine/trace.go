package engine

// trace remembers what each step of a traced evaluation found, by the path of the step.
type trace map[string]any

func (trace trace) tell(path string, value any) { trace[path] = value }

// tellUnit tells a unit; nil stands for a value that can be none.
func (trace trace) tellUnit(path, unit string, ok bool) {
	if ok {
		trace[path] = unit
	} else {
		trace[path] = nil
	}
}
