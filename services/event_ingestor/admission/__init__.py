"""Admission of events: which of a request are taken, and why the others are not; pure."""
