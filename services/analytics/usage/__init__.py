"""How flags are used: what was asked for, how often, and by what."""
