"""Admission of requests: SDK keys, limits on requests, connections and streams."""
