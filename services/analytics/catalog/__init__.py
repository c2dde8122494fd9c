"""Analytics' own copy of environments, experiments and metrics, fed by the CONFIG stream."""
