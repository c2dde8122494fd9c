"""Where exports go: a file per destination with its form, its rules and what delivers there."""
