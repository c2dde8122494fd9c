"""Exposures, metric events, flags, experiments and results on their way to other warehouses and programs."""
