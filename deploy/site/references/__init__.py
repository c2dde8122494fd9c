"""Pages that are made from what the services promise: their APIs, their messages, their settings."""
