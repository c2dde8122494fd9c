"""The audit log as people see it: search, export, heads that are signed, verification."""
