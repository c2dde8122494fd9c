"""The modules of frames, found by their names: pydantic looks for docstrings of fields in the frames around a model.

`inspect.getmodule` goes through all modules of the process for a frame whose file it doesn't know. A process that runs
tests has five thousand of them, and the models of scim2-models stand some ten frames deep each.
"""

from __future__ import annotations

import inspect
import sys
from types import FrameType, ModuleType
from typing import Any

from pydantic._internal import _docs_extraction


class _Inspect(ModuleType):
    """`inspect`, with another way from a frame to its module."""

    def __getattr__(self, name: str) -> Any:
        return getattr(inspect, name)

    @staticmethod
    def getmodule(thing: object) -> ModuleType | None:
        """The module whose names the frame sees."""
        if isinstance(thing, FrameType):
            return sys.modules.get(thing.f_globals.get("__name__", ""))
        return inspect.getmodule(thing)


def find_at_once() -> None:
    """From now on."""
    vars(_docs_extraction)["inspect"] = _Inspect("inspect")
