"""What makes it cheap to find tests: nobody looks for garbage, and libraries build things when they are asked for."""

from __future__ import annotations

import gc
import inspect
import subprocess
import sys
from pathlib import Path
from types import FrameType

import pytest
from jsonschema import FormatChecker
from pydantic import BaseModel, ConfigDict

ROOT = Path(__file__).resolve().parents[2]
LOOKED_FOR_GARBAGE = gc.isenabled()
IMPORT = """
import sys
from tests import grammars_built_late
grammars_built_late.build_late()
import jsonschema
print(*(each for each in sys.modules if each.startswith("rfc3987_syntax.")))
"""


def test_garbage_is_looked_for_once_tests_are_found() -> None:
    assert not LOOKED_FOR_GARBAGE
    assert gc.isenabled()


def test_jsonschema_builds_no_grammar_when_it_is_imported() -> None:
    said = subprocess.run([sys.executable, "-c", IMPORT], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.split() == []


@pytest.mark.parametrize(
    ("value", "good"),
    [pytest.param("https://example.org/é", True, id="good"), pytest.param("https://example.org/ é", False, id="bad")],
)
def test_an_address_is_still_held_to_the_grammar(value: str, good: bool) -> None:
    assert FormatChecker().conforms(value, "iri") is good


def test_docstrings_of_fields_are_found_without_a_walk_through_all_modules(monkeypatch: pytest.MonkeyPatch) -> None:
    find = inspect.getmodule

    def find_once(thing: object, file: str | None = None) -> object:
        assert file is not None or not isinstance(thing, FrameType), "asked for a frame that may be anybody's"
        return find(thing, file)

    monkeypatch.setattr(inspect, "getmodule", find_once)

    class Described(BaseModel):
        model_config = ConfigDict(use_attribute_docstrings=True)

        field: int
        """What it is."""

    assert Described.model_fields["field"].description == "What it is."
