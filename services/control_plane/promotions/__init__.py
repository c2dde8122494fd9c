"""Promotion: what stands in one environment of a project, brought to another."""
