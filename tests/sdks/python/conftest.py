"""One scripted edge for the tests of a file, as new for each of them."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from edge_script.process import ScriptedEdge, scripted_edge

from tests.sdks.python.documents import EVERYTHING


@pytest.fixture(scope="module")
def running_script() -> Iterator[ScriptedEdge]:
    with scripted_edge() as edge:
        yield edge


@pytest.fixture
def edge(running_script: ScriptedEdge) -> ScriptedEdge:
    """Serves `EVERYTHING`."""
    running_script.post("reset")
    running_script.put("document", EVERYTHING)
    return running_script
