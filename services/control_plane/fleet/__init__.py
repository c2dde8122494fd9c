"""The edges that are heard: which version each serves, and who waits for them."""
