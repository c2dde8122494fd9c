"""`python -m stats.conformance FILE`: hold the engine, or any other by its own runner, to golden cases."""
