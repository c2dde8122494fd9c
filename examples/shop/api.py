"""A service's API as one person sees it, the control plane's where nothing else is said; what is there already is
taken as it is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Self

import httpx

from examples.cookie_cats.errors import SetUpError

_THERE_ALREADY = {"key_taken", "already_exists", "conflict"}
Document = dict[str, Any]


@dataclass(frozen=True)
class Api:
    """`token` opens what this person may. `root`: what all paths of the service begin with."""

    client: httpx.AsyncClient
    token: str = ""
    root: str = "/api/v1"

    async def signed_in(self, email: str, password: str) -> Self:
        answer = await self.post("/auth/login", {"email": email, "password": password})
        return type(self)(self.client, str(answer["access_token"]))

    async def get(self, path: str) -> Document:
        """Raises `SetUpError`, as all of these do."""
        return _read(await self._sent("GET", path))

    async def found(self, path: str) -> Document | None:
        """None where there is none."""
        answer = await self._sent("GET", path)
        return None if answer.status_code == 404 else _read(answer)

    async def post(self, path: str, body: Document | None = None, **headers: str) -> Document:
        return _read(await self._sent("POST", path, body, **headers))

    async def put(self, path: str, body: Document, **headers: str) -> Document:
        return _read(await self._sent("PUT", path, body, **headers))

    async def patched(self, path: str, body: Document) -> Document:
        """PATCH of what has no version."""
        return _read(await self._sent("PATCH", path, body))

    async def made(self, path: str, body: Document, read_at: str = "") -> Document:
        """What has the body's key, made where it isn't there. `read_at`: where it is read, if not behind the path."""
        answer = await self._sent("POST", path, body)
        if answer.status_code == 409 and answer.json().get("code") in _THERE_ALREADY:
            return await self.get(read_at or f"{path}/{body['key']}")
        return _read(answer)

    async def changed(self, path: str, body: Document) -> Document:
        """PATCH of what stands now."""
        version = (await self.get(path))["version"]
        return _read(await self._sent("PATCH", path, body, **{"If-Match": f'"{version}"'}))

    async def _sent(self, method: str, path: str, body: Document | None = None, **headers: str) -> httpx.Response:
        authorization = {"Authorization": f"Bearer {self.token}"} if self.token else {}
        return await self.client.request(method, f"{self.root}{path}", json=body, headers=authorization | headers)


def _read(answer: httpx.Response) -> Document:
    if not answer.is_success:
        request = answer.request
        raise SetUpError(f"{request.method} {request.url.path}: HTTP {answer.status_code}: {answer.text[:1000]}")
    document: Document = answer.json() if answer.content else {}
    return document
