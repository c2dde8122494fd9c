"""For those who run it: dead letters, reconciliation, erasing a person's data."""
