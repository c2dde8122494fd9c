"""Metrics of applications as OTLP sends them: read, told apart by the variation that they were measured under, taken as
metric events. Pure."""
