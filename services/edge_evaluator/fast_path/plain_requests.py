"""Plain requests, which the fast path answers: told from the head alone."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import unquote

from service_kit.cors import Pages
from service_kit.credentials import key_of
from service_kit.response_headers import NO_STORE, header_lines

from edge_evaluator.endpoints.compression import accepts_gzip
from edge_evaluator.endpoints.ofrep import origin_at
from edge_evaluator.endpoints.ofrep_paths import extra_slashes
from edge_evaluator.memory.callers import sdk_named

_BULK = b"/ofrep/v1/evaluate/flags"
_SINGLE = _BULK + b"/"
_KEY, _API_KEY, _HOST, _HELD, _REQUEST_ID, _LENGTH, _CONNECTION, _CLIENT, _SCHEME = range(1, 10)
_ENCODINGS, _PAGE, _AGENT, _SDK, _UNUSUAL = range(10, 15)
_ROLES = {
    b"authorization": _KEY,
    b"x-api-key": _API_KEY,
    b"host": _HOST,
    b"if-none-match": _HELD,
    b"x-request-id": _REQUEST_ID,
    b"content-length": _LENGTH,
    b"connection": _CONNECTION,
    b"content-encoding": _UNUSUAL,
    b"expect": _UNUSUAL,
    b"accept-encoding": _ENCODINGS,
    b"origin": _PAGE,
    b"transfer-encoding": _UNUSUAL,
    b"user-agent": _AGENT,
    b"verdict-sdk": _SDK,
    b"x-forwarded-for": _CLIENT,
    b"x-forwarded-proto": _SCHEME,
}
_NAMES_MAX = 1000
_good_request_id = re.compile(rb"[A-Za-z0-9._-]{1,64}").fullmatch


@dataclass(frozen=True, slots=True)
class PlainRequest:
    """What a head asks for, but for its request id. `flag` None is a bulk; `held` is If-None-Match; `forwarded`:
    somebody says that this is another's request; `last_lines`: how the answer's head ends after its request id;
    `asked`: all of the head that the body of a bulk's answer depends on; `sdk`: what asks."""

    sdk_key: bytes
    flag: str | None
    length: int
    held: str | None
    origin: str
    forwarded: bool
    gzip: bool
    last_lines: bytes
    asked: tuple[bytes, str, bool]
    sdk: str


class PlainRequests:
    """Reads heads that the parser has taken apart."""

    def __init__(self, body_limit_bytes: int, public_url: str, pages: Pages) -> None:
        self._pages = pages
        self.body_limit_bytes = body_limit_bytes
        self._public_url = public_url
        self._roles: dict[bytes, int] = {}

    def read(
        self, url: bytes, headers: list[tuple[bytes, bytes]], scheme: str
    ) -> tuple[PlainRequest, bytes | None] | None:
        """The request of a POST over HTTP/1.1 with the request id it names, None for one that is not plain. Names in
        any case."""
        path = url[extra_slashes(url)]
        if path != _BULK and not path.startswith(_SINGLE):
            return None
        found: dict[int, bytes] = {}
        for name, value in headers:
            role = self._role(name)
            if role:
                if role == _UNUSUAL or role in found:
                    return None
                found[role] = value
        sdk_key = key_of(found.get(_KEY), found.get(_API_KEY))
        request_id = found.get(_REQUEST_ID)
        length = int(found.get(_LENGTH, b"0"))
        held = found.get(_HELD)
        if (
            sdk_key is None
            or length > self.body_limit_bytes
            or b"close" in found.get(_CONNECTION, b"").lower()
            or (request_id is not None and not _good_request_id(request_id))
        ):
            return None
        origin = origin_at(found.get(_HOST, b"").decode("latin-1"), scheme, self._public_url)
        gzip = accepts_gzip(found.get(_ENCODINGS, b"").decode("latin-1"))
        plain = PlainRequest(
            sdk_key,
            unquote(path[len(_SINGLE) :].decode("latin-1")) if path != _BULK else None,
            length,
            None if held is None else held.decode("latin-1"),
            origin,
            _CLIENT in found or _SCHEME in found,
            gzip,
            b"\r\n" + header_lines(*self._pages.answer_headers(found.get(_PAGE), found.get(_HOST)), NO_STORE) + b"\r\n",
            (sdk_key, origin, gzip),
            sdk_named(found.get(_AGENT, b"").decode("latin-1"), found.get(_SDK, b"").decode("latin-1")),
        )
        return plain, request_id

    def _role(self, name: bytes) -> int:
        """What a header means here, 0 for nothing; names are remembered as they are spelt."""
        role = self._roles.get(name)
        if role is None:
            role = _ROLES.get(name.lower(), 0)
            if len(self._roles) < _NAMES_MAX:
                self._roles[name] = role
        return role
