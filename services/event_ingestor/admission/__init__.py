"""Which events of a request are taken, and why the others are not; pure."""
