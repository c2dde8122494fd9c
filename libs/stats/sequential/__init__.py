"""Looks before the end: planned bounds, alpha-spending, inference that is valid at any time."""
