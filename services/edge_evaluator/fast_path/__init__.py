"""Plain OFREP requests, answered where they are read."""
