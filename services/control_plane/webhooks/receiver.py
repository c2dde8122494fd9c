"""One attempt at a receiver: what is sent, and what came of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime
from importlib.metadata import version

import httpx
from service_kit.clock import Clock
from service_kit.outbound import AddressRefused, AnswerLimits, OutboundGuard

from control_plane.webhooks.models import Attempt
from control_plane.webhooks.signature import signed_headers

ATTEMPT_SECONDS = 15.0
GONE = 410
_ANSWER_BYTES_KEPT = 4096
_ANSWER_BYTES_MAX = 64 * 1024
_RETRY_AFTER_DIGITS_MAX = 6


class Receivers:
    """The outside, as the guard lets it be reached."""

    def __init__(self, guard: OutboundGuard, clock: Clock, seconds: float = ATTEMPT_SECONDS) -> None:
        self._clock = clock
        self._seconds = seconds
        self._client = guard.client(AnswerLimits(seconds=seconds, bytes=_ANSWER_BYTES_MAX))
        self._agent = f"Verdict-Webhooks/{version('verdict-platform')}"

    async def close(self) -> None:
        await self._client.aclose()

    async def send(self, url: str, message_id: str, body: bytes, secrets: Sequence[str]) -> Attempt:
        """Never raises for what a receiver does."""
        at, begun = self._clock.now(), self._clock.monotonic()
        headers = {
            "content-type": "application/json",
            "user-agent": self._agent,
            **signed_headers(message_id, at // 1000, body, secrets),
        }
        status, answer, error, asked = await self._post(url, headers, body)
        return Attempt(
            at=datetime.fromtimestamp(at / 1000, UTC),
            milliseconds=round((self._clock.monotonic() - begun) * 1000),
            status=status,
            answer=answer,
            error=error,
            asked_seconds=asked,
        )

    async def _post(
        self, url: str, headers: Mapping[str, str], body: bytes
    ) -> tuple[int | None, str | None, str | None, float | None]:
        try:
            async with self._client.stream("POST", url, headers=dict(headers), content=body) as answer:
                return answer.status_code, await _beginning(answer), _failure(answer), _asked(answer)
        except AddressRefused as refused:
            return None, None, refused.reason, None
        except httpx.TimeoutException:
            return None, None, f"no answer within {self._seconds:g} s", None
        except (httpx.HTTPError, httpx.InvalidURL) as failed:
            return None, None, f"{_in_words(failed)}: {failed}"[:500], None


async def _beginning(answer: httpx.Response) -> str:
    """The status has come already, so a body that breaks off or never ends fails nothing."""
    read = b""
    with suppress(httpx.HTTPError):
        async for part in answer.aiter_raw():
            read += part
            if len(read) >= _ANSWER_BYTES_KEPT:
                break
    return read[:_ANSWER_BYTES_KEPT].decode(errors="replace").replace("\x00", "\N{REPLACEMENT CHARACTER}")


def _failure(answer: httpx.Response) -> str | None:
    if answer.is_success:
        return None
    if answer.is_redirect:
        return f"the receiver answered {answer.status_code}; redirects are not followed"
    return f"the receiver answered {answer.status_code}"


def _asked(answer: httpx.Response) -> float | None:
    """`Retry-After` in seconds; a date is passed over."""
    text = answer.headers.get("retry-after", "").strip()
    return float(text) if text.isascii() and text.isdigit() and len(text) <= _RETRY_AFTER_DIGITS_MAX else None


def _in_words(failed: Exception) -> str:
    if isinstance(failed, httpx.ConnectError):
        return "no connection"
    return "the connection failed" if isinstance(failed, httpx.NetworkError) else "no answer of HTTP"
