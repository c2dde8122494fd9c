"""Heads of plain requests, found again by their bytes.

Headers that trace a request are new in each one and mean nothing here, but for the request id, which the answer
carries: a head is known by what is left of it without their lines. Only whole lines in their usual form are left out
(a usual spelling, one space, printable text, no folding). Whatever is written otherwise stays: such a head is unknown,
and the parser reads it.
"""

from __future__ import annotations

import re

from edge_evaluator.fast_path.head_forms import ID_SPELLINGS, REQUEST_ID, TRACING_SPELLINGS, HeadForm, pattern_of
from edge_evaluator.fast_path.plain_requests import PlainRequest

_HEADS_MAX = 2000
_SEEN_MAX = 4096
_FORMS_MAX = 256
_HEAD_BYTES_MAX = 4096
_split = re.compile(
    rb"\r\n(?=[BbSsTtUuXx])(?:(?:%b): [ -~]*|(?:%b): (%b))(?=\r\n[^ \t])"
    % (b"|".join(TRACING_SPELLINGS), b"|".join(ID_SPELLINGS), REQUEST_ID)
).split
"""A head without these lines, in pieces; between each two of them what was the request id, or None."""
_usual_lines = re.compile(rb"(?:[!-~][\t -~\x80-\xff]*\r\n)+\r\n").fullmatch

KnownHead = tuple[PlainRequest, bytes | None]
"""What a head asks for, and the request id that it names."""


class Heads:
    """Those that were seen. A head is the bytes of a whole one, blank line included.

    `whole` has those that came twice as they are, tracing lines or not; `find` takes a head apart."""

    def __init__(self, body_bytes_max: int) -> None:
        self._body_bytes_max = body_bytes_max
        self._forms: dict[bytes, HeadForm] = {}
        self._known: dict[bytes, PlainRequest] = {}
        self.whole: dict[bytes, KnownHead] = {}
        self._seen: set[int] = set()

    def find(self, head: bytes) -> KnownHead | None:
        if len(head) > _HEAD_BYTES_MAX:
            return None
        pieces = _split(head)
        request = self._known.get(b"".join(pieces[::2]))
        if request is None:
            return None
        ids = tuple(filter(None, pieces[1::2]))
        if len(ids) > 1:
            return None
        found = request, ids[0] if ids else None
        self._notice(head, found)
        return found

    def remember(self, head: bytes, request: PlainRequest, request_id: bytes | None) -> None:
        """`head` is the bytes that the parser has read as `request` with this request id."""
        if len(head) > _HEAD_BYTES_MAX or not _usual_lines(head):
            return
        pieces = _split(head)
        if tuple(filter(None, pieces[1::2])) != (() if request_id is None else (request_id,)):
            return
        if len(self._known) >= _HEADS_MAX:
            self._known.clear()
        self._known[b"".join(pieces[::2])] = request

    def form(self, head: bytes, request: PlainRequest) -> HeadForm:
        """The form of a head that was found. They are shared, for to make one takes long."""
        pattern, id_is_first = pattern_of(head)
        form = self._forms.get(pattern)
        if form is None:
            if len(self._forms) >= _FORMS_MAX:
                self._forms.clear()
            form = self._forms[pattern] = HeadForm(pattern, id_is_first, request, self._body_bytes_max)
        return form

    def _notice(self, head: bytes, found: KnownHead) -> None:
        seen, came = self._seen, hash(head)
        if came not in seen:
            if len(seen) >= _SEEN_MAX:
                seen.clear()
            seen.add(came)
            return
        if len(self.whole) >= _HEADS_MAX:
            self.whole.clear()
        self.whole[head] = found
