"""Lists narrowed down, kept under a name: one's own, or shared with the project."""
