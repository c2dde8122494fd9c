"""The kinds of metric: the sufficient statistics of an arm, and one estimate of it, whatever its kind."""
