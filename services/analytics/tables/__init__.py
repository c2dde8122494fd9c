"""Flat tables made from a description by marks on its fields, and the files they are written to."""
