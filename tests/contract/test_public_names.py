"""The libraries offer what they offered; a change of it is seen in review, line by line."""

from __future__ import annotations

import importlib
import inspect

import pytest

from tests.contract.public_names import LIBRARIES, offered, surface
from tests.contract.snapshots import check_snapshot


@pytest.mark.parametrize("library", LIBRARIES)
def test_the_offered_names_are_the_agreed_ones(library: str) -> None:
    check_snapshot(f"{library}.txt", surface(library))


@pytest.mark.parametrize("library", [each for each in LIBRARIES if hasattr(importlib.import_module(each), "__all__")])
def test_every_exported_name_is_listed_once_and_explained(library: str) -> None:
    package = importlib.import_module(library)
    assert len(package.__all__) == len(set(package.__all__))
    imported = {
        name for name, value in vars(package).items() if not name.startswith("_") and not inspect.ismodule(value)
    }
    assert imported == set(package.__all__)
    for name in offered(package):
        value = getattr(package, name)
        if inspect.isclass(value) or inspect.isfunction(value):
            written = value.__doc__ and not value.__doc__.startswith(f"{name}(")  # what dataclasses make up
            assert written, f"{library}.{name} has no docstring"
