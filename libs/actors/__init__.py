"""Who asks a service beyond the control plane, and what they may there: all of it by what CONFIG tells."""
