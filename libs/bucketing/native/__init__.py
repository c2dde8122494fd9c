"""The bucket function in C, for whoever has a compiler: `python -m bucketing.native`.

`bucket` is None where it was not built; the engine then uses the same function in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

bucket: Callable[[bytes, str], int] | None
try:
    bucket = import_module("bucketing.native._bucket").bucket
except ImportError:
    bucket = None
