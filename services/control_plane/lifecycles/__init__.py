"""How far a flag has come, told from what is known of its use: new, live, launched, stale, and whether it can go."""
