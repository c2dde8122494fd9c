"""What entities were: every version of each, compared, brought back as a new version, the last change undone."""
