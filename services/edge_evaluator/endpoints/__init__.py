"""The HTTP surface: OFREP, flags for curl, the configuration and the event streams."""
