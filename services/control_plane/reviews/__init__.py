"""Change requests: edits collected, looked at, agreed on as each environment wants it, and applied as one change."""
