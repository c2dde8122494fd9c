package values

// Patched is the target after a JSON Merge Patch (RFC 7396): null removes a member, objects merge, anything else stands
// there instead. Neither is changed; what the patch leaves alone is shared with the result.
func Patched(target, patch any) any {
	changes, ok := patch.(map[string]any)
	if !ok {
		return patch
	}
	members, _ := target.(map[string]any)
	result := make(map[string]any, len(members)+len(changes))
	for name, value := range members {
		result[name] = value
	}
	for name, value := range changes {
		if value == nil {
			delete(result, name)
		} else {
			result[name] = Patched(result[name], value)
		}
	}
	return result
}
