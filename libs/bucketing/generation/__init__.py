"""Turns flags and segments into Python functions.

The generated text depends only on the shape of a flag: every key, literal, weight and value is bound as an
object, and every name is made here. Flags of one shape share one code object.
"""
