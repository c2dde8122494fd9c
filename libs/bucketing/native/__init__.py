"""The bucket functions in C, for whoever has a compiler: `python -m bucketing.native`.

`BUILT` is None where they were not built, or by another version of the source; the engine then uses the same
functions in Python.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any, NamedTuple

INTERFACE = 1
"""What a build must name to be used."""


class Built(NamedTuple):
    """`bucket` takes salt and key as bytes, and the unit; `Split` and `chosen` are as in bucketing.splits."""

    bucket: Callable[[bytes, str], int]
    Split: Callable[[bytes, tuple[int, ...], tuple[Any, ...]], Any]
    chosen: Callable[..., list[Any]]


def _built() -> Built | None:
    try:
        module = import_module("bucketing.native._bucket")
        return Built(module.bucket, module.Split, module.chosen) if module.INTERFACE == INTERFACE else None
    except (ImportError, AttributeError):
        return None


BUILT = _built()
