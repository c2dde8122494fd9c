"""Judgement of what the figures allow to say: sample ratio, guardrails, families of tests, the decision."""
