"""Who is let in, and how much of it: SDK keys, limits on requests, connections and streams."""
