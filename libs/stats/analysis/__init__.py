"""Whole analyses: one metric over all arms, its segments, a stored result computed again."""
