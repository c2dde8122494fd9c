"""Evaluation contexts with a name, for trying out what somebody would get."""
