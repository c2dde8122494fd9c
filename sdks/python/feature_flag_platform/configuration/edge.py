"""The edge, as a client asks it: its environment, its configuration, chunks of long lists, and the stream."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote, urlsplit

import urllib3
from urllib3.exceptions import HTTPError

from feature_flag_platform.configuration.endpoints import Endpoints
from feature_flag_platform.configuration.server_sent_events import EventReader, ServerSentEvent
from feature_flag_platform.errors import Unreachable
from feature_flag_platform.evaluation.views import Environment
from feature_flag_platform.http_client import HttpClient

CONFIG_SECONDS = 30.0
_PIECE_BYTES = 64 * 1024


class ConfigAnswer:
    """What `/v1/config` answered; `document` None: what is held is the newest."""

    __slots__ = ("document", "etag")

    def __init__(self, document: Any, etag: str | None) -> None:
        self.document = document
        self.etag = etag

    @property
    def stream_id(self) -> str | None:
        """The event that the stream goes on from, as the edge makes its ids: the version in which this document came to
        be, and its digest. An edge that makes others begins with a snapshot."""
        digest = "" if self.etag is None else self.etag.removeprefix("W/").strip('"')
        version = self.document.get("version") if isinstance(self.document, dict) else None
        return f"{version}-{digest}" if digest and version is not None else None


class Stream:
    """An open stream. `retry_seconds`: what the edge has told as `retry:`, 0 before."""

    def __init__(self, response: urllib3.BaseHTTPResponse, url: str) -> None:
        self._response = response
        self._url = url
        self._reader = EventReader()

    @property
    def retry_seconds(self) -> float:
        return self._reader.retry_seconds

    def pieces(self) -> Iterator[list[ServerSentEvent]]:
        """What each piece completes: no event where it was a comment, or a part. Ends when the stream does.

        Raises Unreachable for a stream that breaks, or says nothing for too long."""
        while True:
            try:
                piece = self._response.read1(_PIECE_BYTES)
            except (HTTPError, OSError, ValueError) as error:
                raise Unreachable(f"{self._url}: the stream broke: {type(error).__name__}: {error}") from error
            if not piece:
                return
            yield list(self._reader.feed(piece))

    def interrupt(self) -> None:
        """From another thread: whoever reads finds the end."""
        try:
            self._response.shutdown()
        except (HTTPError, OSError, ValueError, AttributeError):
            self._response.close()

    def close(self) -> None:
        self._response.close()


class Edge:
    """Asks the endpoint in use. Raises Unreachable and Refused."""

    def __init__(self, env_key: str, endpoints: Endpoints) -> None:
        self._http = HttpClient(env_key)
        self._endpoints = endpoints

    def environment(self, address: str | None = None) -> Environment:
        """Of the SDK key; `address`: of another endpoint than the one in use."""
        url = f"{address or self._endpoints.current}/v1/environment"
        told = self._http.get(url).json(url)
        if not isinstance(told, dict):
            raise Unreachable(f"{url}: the answer is no object")
        names = told.get("exposure_attributes")
        return Environment(
            project=str(told.get("project") or ""),
            key=str(told.get("environment") or ""),
            exposure_attributes=tuple(map(str, names)) if isinstance(names, list) else (),
            events_url=_address(told.get("events_url")),
        )

    def config(self, etag: str | None) -> ConfigAnswer:
        """The configuration, unless it is still the one of this `ETag`."""
        url = f"{self._endpoints.current}/v1/config"
        answer = self._http.get(url, etag=etag, read_seconds=CONFIG_SECONDS)
        if answer.status == 304:
            return ConfigAnswer(None, etag)
        return ConfigAnswer(answer.json(url), answer.headers.get("ETag"))

    def chunk(self, segment: str, number: int) -> bytes:
        """A chunk of a segment's long list."""
        return self._http.get(f"{self._endpoints.current}/v1/segments/{quote(segment, safe='')}/chunks/{number}").body

    def stream(self, last_event_id: str | None, silence: float) -> Stream:
        """Opens the stream of changes; `silence`: how many seconds it may say nothing."""
        url = f"{self._endpoints.current}/v1/stream"
        headers = {"Accept": "text/event-stream", "Cache-Control": "no-store"}
        if last_event_id is not None:
            headers["Last-Event-ID"] = last_event_id
        response = self._http.open(url, headers, read_seconds=silence)
        kind = response.headers.get("Content-Type", "")
        if kind.partition(";")[0].strip().lower() != "text/event-stream":
            response.close()
            raise Unreachable(f"{url}: the answer is {kind or 'of no type'} and no event stream")
        return Stream(response, url)

    def close(self) -> None:
        self._http.close()


def _address(text: object) -> str | None:
    if not isinstance(text, str) or urlsplit(text).scheme not in ("http", "https"):
        return None
    return text.rstrip("/")
