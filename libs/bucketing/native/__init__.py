"""The bucket function in C, for whoever has a compiler: `python -m bucketing.native`.

`place` is None where it was not built; the engine then uses the same function in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

place: Callable[[bytes, str], int] | None
try:
    place = import_module("bucketing.native._place").place
except ImportError:
    place = None
