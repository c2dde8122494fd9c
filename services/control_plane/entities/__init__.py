"""What the entities of a project share: rows by key, who uses what, and the frame of a write."""
