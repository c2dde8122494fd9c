"""Acts of other services, taken from the bus and appended to the audit log."""
