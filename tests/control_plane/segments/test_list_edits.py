"""Edits of long lists, held against plain sets; and files that are read line by line."""

from __future__ import annotations

import random
from typing import Any

import pytest
from bucketing.long_lists import LongList, digest_of_chunks
from control_plane.segments import list_edits
from control_plane.segments.list_edits import (
    BothLists,
    Edited,
    EditMode,
    KeyPartition,
    ListDelta,
    ListEdit,
    Listing,
    Standing,
    edited,
)
from control_plane.segments.list_files import KeyFile
from messages.documents import chunk_of
from service_kit.problems import InvalidInput


class Stored:
    """A long list as rows would hold it."""

    def __init__(self) -> None:
        self.documents: dict[int, bytes] = {}
        self.standing = Standing()

    def edit(self, *edits: ListEdit) -> Edited:
        numbers = sorted(self.documents)
        concerned = {each: self.documents[each] for each in numbers if any(edit.concerns(each) for edit in edits)}
        outcome = edited(self.standing, numbers, concerned, edits)
        for number in outcome.gone:
            del self.documents[number]
        self.documents |= {each.number: each.document for each in outcome.chunks}
        self.standing = outcome.standing
        return outcome

    def check(self, included: set[str], excluded: set[str]) -> None:
        """What the rule engine makes of it, and what is told of it."""
        chunks = {number: chunk_of(document) for number, document in self.documents.items()}
        assert self.standing.digest == digest_of_chunks(each.digest for each in chunks.values())
        assert self.standing.bytes == sum(map(len, self.documents.values()))
        assert (self.standing.included, self.standing.excluded) == (len(included), len(excluded))
        if chunks:
            told = LongList(len(included), len(excluded), self.standing.digest).with_chunks(chunks)
            assert told.whole
            assert {key for each in chunks.values() for key in each.included} == included
            assert {key for each in chunks.values() for key in each.excluded} == excluded
            assert all(told.standing(key) is True for key in included)
            assert all(told.standing(key) is False for key in excluded)
            assert told.standing("nobody") is None


def change(mode: EditMode, *keys: str, listing: Listing = Listing.INCLUDED) -> ListEdit:
    return ListEdit(listing, mode, KeyPartition(keys))


def test_edits_at_random_are_those_of_sets(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(list_edits, "CHUNK_BYTES_MAX", 200)
    chance, stored = random.Random(7), Stored()
    sets: dict[Listing, set[str]] = {each: set() for each in Listing}
    history: list[tuple[dict[Listing, set[str]], ListDelta]] = []
    for _ in range(150):
        listing, mode = chance.choice(list(Listing)), chance.choice([*EditMode, EditMode.ADD, EditMode.ADD])
        # Each list has keys of its own here: half of the numbers.
        own = range(0 if listing is Listing.INCLUDED else 1, 400, 2)
        keys = {f"user-{each}" for each in chance.sample(own, chance.choice((1, 2, 40)))}
        before = {each: set(held) for each, held in sets.items()}
        delta = stored.edit(change(mode, *keys, listing=listing)).delta
        if mode is EditMode.REPLACE:
            sets[listing] = keys
        else:
            sets[listing] = sets[listing] | keys if mode is EditMode.ADD else sets[listing] - keys
        stored.check(sets[Listing.INCLUDED], sets[Listing.EXCLUDED])
        history.append((before, ListDelta.unpacked(delta.packed())))
    assert len(stored.documents) > 8
    for before, delta in reversed(history):
        if not delta.empty:
            stored.edit(*delta.undone())
            stored.check(before[Listing.INCLUDED], before[Listing.EXCLUDED])
    assert stored.documents == {}


def test_an_edit_of_one_key_writes_one_chunk() -> None:
    stored = Stored()
    stored.edit(change(EditMode.ADD, *(f"user-{number:032d}" for number in range(20_000))))
    assert len(stored.documents) > 10
    outcome = stored.edit(change(EditMode.ADD, "one more"))
    assert (len(outcome.chunks), len(outcome.gone)) == (1, 1)
    assert outcome.written <= list_edits.CHUNK_BYTES_MAX
    assert stored.edit(change(EditMode.ADD, "one more")).delta.empty
    assert stored.edit(change(EditMode.REMOVE, "nobody")).chunks == []


def test_a_key_in_both_lists_is_refused() -> None:
    stored = Stored()
    stored.edit(change(EditMode.ADD, "u1"))
    with pytest.raises(BothLists, match="u1"):
        stored.edit(change(EditMode.ADD, "u1", listing=Listing.EXCLUDED))
    moved = (change(EditMode.REMOVE, "u1"), change(EditMode.ADD, "u1", listing=Listing.EXCLUDED))
    stored.edit(*moved)
    stored.check(set(), {"u1"})


FILES: list[tuple[str, bytes, Any]] = [
    ("text/plain", b"u1\nu2\n", {"u1", "u2"}),
    ("text/plain", b"u1\r\n\r\nu2, or not", {"u1", "u2, or not"}),
    ("text/csv", b'\xef\xbb\xbfkey,name\nu1,Ann\n"u,2",Bob\n', {"u1", "u,2"}),
    ("text/csv", b"u1\nkey\n", {"u1", "key"}),
    ("application/x-ndjson", b'"u1"\n{"key": "u\\n2", "plan": "pro"}\n', {"u1", "u\n2"}),
    ("text/plain", b"", set()),
    ("text/plain", b"u1\n\xff\nu3", [("line 2", "encoding")]),
    ("text/plain", b"u1\na\0b", [("line 2", "nul")]),
    ("text/plain", b"x" * 1025, [("line 1", "too_long")]),
    ("text/plain", b"x" * 20_000, [("line 1", "too_long")]),
    ("text/csv", b'u1\n"u2\nu3', [("line 2", "form")]),
    ("text/csv", b",Ann\n", [("line 1", "empty")]),
    (
        "application/x-ndjson",
        b'"u1"\nu2\n5\n{"name": "u"}',
        [("line 2", "form"), ("line 3", "form"), ("line 4", "form")],
    ),
    ("application/x-ndjson", b'"\\ud800"', [("line 1", "form")]),
    ("text/plain", b"\0\n" * 50, [(f"line {number}", "nul") for number in range(1, 21)]),
]


@pytest.mark.parametrize("piece", [1, 7, 100_000])
def test_files_are_read_line_by_line(piece: int) -> None:
    for form, data, expected in FILES:
        check_file(form, data, expected, piece)


def check_file(form: str, data: bytes, expected: Any, piece: int) -> None:
    file = KeyFile(form)

    def read() -> set[str]:
        for start in range(0, len(data), piece):
            file.feed(data[start : start + piece])
        return set(file.end().of(1))

    if isinstance(expected, set):
        assert read() == expected
        return
    with pytest.raises(InvalidInput) as refused:
        read()
    assert [(each.field, each.code) for each in refused.value.errors] == expected
