"""A report of an experiment for people: a page with pictures, the same as PDF, the pictures as PNG."""
