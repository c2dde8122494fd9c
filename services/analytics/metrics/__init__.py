"""Metrics themselves: what they say, what they were lately, who uses them."""
