"""Flags as flagd has them, as far as flagd's evaluators answer exactly as this engine does."""
