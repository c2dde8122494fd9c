"""Organizations, projects, environments and SDK keys."""
