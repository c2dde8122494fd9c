"""`Prefer: wait=N` is read as RFC 7240 says; what is malformed is no preference."""

from __future__ import annotations

import pytest
from control_plane.fleet.preference import preferred_wait


@pytest.mark.parametrize(
    ("values", "seconds"),
    [
        (["wait=10"], 10),
        (["wait=1"], 1),
        (["wait=30"], 30),
        (["wait=31"], 30),
        (["wait=999999999"], 30),
        (["Wait = 5"], 5),
        (['wait="7"'], 7),
        (["wait=5; because=testing"], 5),
        (["respond-async, wait=10"], 10),
        (['foo="a, wait=3"; x=1, wait=4'], 4),
        (["respond-async", "wait=6"], 6),
        (["wait=4, wait=9"], 4),
        (["wait=oops, wait=9"], None),
        ([], None),
        ([""], None),
        (["wait"], None),
        (["wait="], None),
        (["wait=0"], None),
        (["wait=-1"], None),
        (["wait=1.5"], None),
        (["wait=1e1"], None),
        (["wait=٣"], None),
        (["wait=1234567890"], None),
        (["waiting=3"], None),
        (["x=wait=3"], None),
        (['wait="3'], None),
        ([",,,;;==" * 20], None),
        (["a=b, " * 300 + "wait=3"], None),
        (['"' * 1000], None),
    ],
    ids=lambda value: repr(value)[:60] if isinstance(value, list) else None,
)
def test_a_preference(values: list[str], seconds: int | None) -> None:
    headers = [(b"accept", b"wait=9"), *((b"prefer", value.encode()) for value in values)]
    assert preferred_wait(headers) == seconds
