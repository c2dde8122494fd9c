"""The version that a result carries, so that it can be computed again."""

ENGINE_VERSION = "1.2.0"
"""Raised whenever any published number could change for the same input."""
