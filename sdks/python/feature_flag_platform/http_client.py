"""HTTP: one pool of connections for the threads of a client, with the headers that each request carries."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from email.utils import parsedate_to_datetime
from typing import Any

import urllib3
from urllib3.exceptions import HTTPError

from feature_flag_platform.errors import Refused, Unreachable
from feature_flag_platform.version import SDK, __version__

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 10.0
_RETRY_AFTER_MAX = 3600.0
_BODY_SHOWN = 200


class HttpClient:
    """Requests with one SDK key. Redirects are not followed, and nothing is retried here.

    Every method raises Unreachable where no answer comes, and Refused for 401 and 403."""

    def __init__(self, env_key: str) -> None:
        self._pool = urllib3.PoolManager(num_pools=8, maxsize=3, retries=False)
        self._headers = {
            "Authorization": f"Bearer {env_key}",
            "User-Agent": f"feature-flag-platform-python/{__version__}",
            "Verdict-SDK": SDK,
        }

    def get(self, url: str, *, etag: str | None = None, read_seconds: float = ANSWER_SECONDS) -> Answer:
        """Status 200 or 304; anything else raises."""
        headers = {"Accept": "application/json", "Accept-Encoding": "gzip"}
        if etag is not None:
            headers["If-None-Match"] = etag
        response = self._request("GET", url, headers=headers, read_seconds=read_seconds)
        if response.status == 304:
            return Answer(304, response.headers, b"")
        if response.status != 200:
            raise_for(response.status, response.headers, response.data, url)
        return Answer(200, response.headers, response.data)

    def open(self, url: str, headers: Mapping[str, str], *, read_seconds: float) -> urllib3.BaseHTTPResponse:
        """An answer with status 200 whose body is still to be read; `read_seconds`: how long it may say nothing."""
        response = self._request("GET", url, headers=headers, read_seconds=read_seconds, preload=False)
        if response.status != 200:
            try:
                body = response.read(64 * 1024)
            except HTTPError:
                body = b""
            response.close()
            raise_for(response.status, response.headers, body, url)
        return response

    def post(self, url: str, body: bytes, *, encoding: str | None, read_seconds: float = ANSWER_SECONDS) -> Answer:
        """Any status is an answer."""
        headers = {"Content-Type": "application/json", "Accept": "application/json"}
        if encoding is not None:
            headers["Content-Encoding"] = encoding
        response = self._request("POST", url, headers=headers, body=body, read_seconds=read_seconds)
        return Answer(response.status, response.headers, response.data)

    def close(self) -> None:
        """Closes connections that nobody uses."""
        self._pool.clear()

    def _request(
        self,
        method: str,
        url: str,
        *,
        headers: Mapping[str, str],
        read_seconds: float,
        body: bytes | None = None,
        preload: bool = True,
    ) -> urllib3.BaseHTTPResponse:
        try:
            return self._pool.request(
                method,
                url,
                body=body,
                headers={**self._headers, **headers},
                timeout=urllib3.Timeout(connect=CONNECT_SECONDS, read=read_seconds),
                retries=False,
                redirect=False,
                preload_content=preload,
            )
        except (HTTPError, OSError, ValueError) as error:
            raise Unreachable(f"{url}: {type(error).__name__}: {error}") from error


class Answer:
    """A whole answer."""

    __slots__ = ("body", "headers", "status")

    def __init__(self, status: int, headers: Mapping[str, str], body: bytes) -> None:
        self.status = status
        self.headers = headers
        self.body = body

    def json(self, url: str) -> Any:
        """The body. Raises Unreachable for what is no JSON, such as the page of a proxy."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError) as error:
            raise Unreachable(f"{url}: the answer is no JSON: {shown(self.body)}") from error


def raise_for(status: int, headers: Mapping[str, str], body: bytes, url: str) -> None:
    """Raises Refused for 401 and 403, and Unreachable for another status."""
    if status in (401, 403):
        raise Refused(f"{url} answered {status}: {reason_of_refusal(status, body)}")
    raise Unreachable(f"{url} answered {status}: {shown(body)}", retry_after(headers))


def reason_of_refusal(status: int, body: bytes) -> str:
    """What is wrong with the key, in words that say what to do."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        told = None
    problem = told if isinstance(told, dict) else {}
    code, detail = problem.get("code", ""), problem.get("detail")
    if code == "server_key_required" or (status == 403 and not code):
        return (
            "the SDK key is a client key, and this package needs a server key of the environment; "
            "client keys are for browsers (@feature-flag-platform/web)"
        )
    why = f" ({detail})" if isinstance(detail, str) else ""
    if status == 401:
        return f"the SDK key is unknown, revoked or expired{why}; look at the environment's keys"
    return f"the SDK key is not taken{why}"


def retry_after(headers: Mapping[str, str]) -> float:
    """The seconds that `Retry-After` asks for, as a number or as a date; 0 where it says nothing that can be read."""
    text = headers.get("Retry-After", "").strip()
    if text.isascii() and text.isdigit():
        return min(float(text[:9]), _RETRY_AFTER_MAX)
    try:
        return min(max(parsedate_to_datetime(text).timestamp() - time.time(), 0.0), _RETRY_AFTER_MAX)
    except (ValueError, TypeError, OverflowError):
        return 0.0


def shown(body: bytes) -> str:
    """The beginning of a body, for the log."""
    return repr(body[:_BODY_SHOWN].decode("utf-8", "replace"))
