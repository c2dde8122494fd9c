"""Runs files of golden cases against this engine; tests/vectors/README.md describes the forms."""
