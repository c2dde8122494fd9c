"""The HTTP surface: events in, and for server keys the live tail and the counts of the last minutes."""
