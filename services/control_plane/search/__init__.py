"""One search over all that has a name in a project."""
