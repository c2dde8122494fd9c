"""The kinds of metric: of each the sufficient statistics of an arm, checked and immutable, and its estimate.

One row per unit of randomisation is meant everywhere, never one per event.
"""
