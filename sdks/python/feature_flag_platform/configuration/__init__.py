"""The configuration: read from bootstrap, store and edge, taken whole or not at all, and followed as it changes."""
