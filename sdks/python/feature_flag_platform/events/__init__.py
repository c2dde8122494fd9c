"""Events: exposures, metric events and usage, from the moment they happen to the ingestor's answer."""
