"""Which version of this package this is, and how it names itself to the edge and in events."""

from __future__ import annotations

__version__ = "0.1.0"
SDK = f"python/{__version__}"
"""The value of the header `Verdict-SDK`, and what usage names as `sdk`."""
