"""A p-value as people read it."""

from __future__ import annotations


def probability(p_value: float) -> str:
    return "p < 0.0001" if p_value < 0.0001 else f"p = {p_value:.4f}"
