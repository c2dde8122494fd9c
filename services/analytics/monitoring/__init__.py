"""Guarded rollouts are looked at, and what is found is published as verdicts."""
