"""Golden cases, run by this package: the engine's own command, which is the same in Python."""
