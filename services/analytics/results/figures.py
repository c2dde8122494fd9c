"""Figures as people read them, the same in sentences as on pages."""

from __future__ import annotations


def probability(p_value: float) -> str:
    return "p < 0.001" if p_value < 0.001 else f"p = {p_value:.3f}"


def signed(figure: float, form: str) -> str:
    """With a minus as wide as a plus. What rounds to nothing has no sign."""
    text = format(figure, form)
    if not any(digit in text for digit in "123456789"):
        return text.lstrip("+-")
    return text.replace("-", "\N{MINUS SIGN}", 1)
