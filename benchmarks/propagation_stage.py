"""The stage on which propagation is measured: an ear on the bus, a person who edits, and edges that come and go."""

from __future__ import annotations

import asyncio
import random
import secrets
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
from messages.generated.edge_pb2 import EdgeHeartbeat
from messages.subjects import edges_subject
from streams.jetstream import JetStreamBus

from benchmarks.control_plane import FLAG, RULES
from devstack.services import Credentials, Service

PROJECT = "/api/v1/projects/p"
SETTLE_SECONDS = 180
EDITS_OF_A_REQUEST = 100


class Ear:
    """When each edge was first heard to serve a version, or a newer one."""

    def __init__(self, bus: JetStreamBus) -> None:
        self._bus = bus
        self._heard = asyncio.Condition()
        self.versions: dict[str, int] = {}
        self.at: dict[str, list[tuple[int, float]]] = {}

    async def listen(self, environment: str) -> None:
        async for payload in self._bus.listen(edges_subject(environment)):
            told = EdgeHeartbeat.FromString(payload)
            if told.leaving:
                self.versions.pop(told.edge_id, None)
            elif told.version > self.versions.get(told.edge_id, -1):
                async with self._heard:
                    self.versions[told.edge_id] = told.version
                    self.at.setdefault(told.edge_id, []).append((told.version, time.perf_counter()))
                    self._heard.notify_all()

    async def reached(self, edges: int, version: int) -> float:
        """When the last of so many edges served it."""
        async with asyncio.timeout(SETTLE_SECONDS), self._heard:
            await self._heard.wait_for(lambda: sum(each >= version for each in self.versions.values()) >= edges)
        return max(next(at for served, at in self.at[each] if served >= version) for each in self.versions)


@dataclass(frozen=True)
class Written:
    """A write that was answered: the environment's version, and two moments of `time.perf_counter`."""

    version: int
    started: float
    answered: float
    propagation: dict[str, Any]


class Console:
    """A person at the control plane, who edits."""

    def __init__(self, client: httpx.AsyncClient) -> None:
        self._client = client
        self._chance = random.Random(7)
        self._number = 0
        self._on: dict[str, bool] = {}
        self.flags = 1
        self.environment = ""

    async def begin(self, credentials: Credentials) -> None:
        login = {"email": credentials.admin_email, "password": credentials.admin_password}
        for _ in range(2):  # A token names the organizations of its bearer.
            token = (await self._client.post("/api/v1/auth/login", json=login)).json()["access_token"]
            self._client.headers["Authorization"] = f"Bearer {token}"
            await self._client.post("/api/v1/organizations", json={"key": "b", "name": "B"})
        await self._client.post("/api/v1/organizations/b/projects", json={"key": "p", "name": "P"})
        made = await self._client.post(f"{PROJECT}/environments", json={"key": "production", "name": "P"})
        self.environment = made.json()["id"]
        made_first = (
            ("segments", {"key": "people", "included": ["u0"]}),
            ("segments", {"key": "everyone", "included": ["u0"]}),
            ("flags", {**FLAG, "key": "thing"}),
        )
        for noun, body in made_first:
            (await self._client.post(f"{PROJECT}/{noun}", json=body)).raise_for_status()
        # What all others are copied from.
        await self._changed(_settings("thing"), {"enabled": True, "rules": [*RULES, EVERYONE]}, 0)

    async def refill(self, flags: int) -> None:
        """So many flags were put into the database by hand: the relay has to read it whole."""
        self.flags = flags
        (await self._client.post(f"{PROJECT}/environments/production/republish")).raise_for_status()

    async def edit(self, wait: int = 30) -> Written:
        """Another flag, and something else of it."""
        self._number += 1
        # An odd number, so that every kind of edit meets every flag.
        flag = "thing" if self.flags == 1 else f"filler-{1 + self._number * 7919 % (self.flags - 1)}"
        match self._number % 4:
            case 0:
                return await self.switch(flag, wait=wait)
            case 1:
                place = {"attribute": "country", "operator": "in", "value": ["US", f"C{self._number}"]}
                rules = [{"if": place, "then": {"variation": "on"}}, RULES[1], PEOPLE, EVERYONE]
                return await self._changed(f"{_settings(flag)}", {"enabled": True, "rules": rules}, wait)
            case 2:
                share = self._chance.randint(1, 98)
                halves = [{"key": "on", "weight": share}, {"key": "off", "weight": 100 - share}]
                return await self._changed(_settings(flag), {"default": {"rollout": {"variations": halves}}}, wait)
            case _:
                return await self._changed(f"{PROJECT}/segments/people", {"included": [f"u{self._number}"]}, wait)

    async def edit_everyone(self) -> Written:
        """The segment that all flags use."""
        self._number += 1
        return await self._changed(f"{PROJECT}/segments/everyone", {"included": [f"u{self._number}"]}, 30)

    async def switch(self, flag: str, wait: int) -> Written:
        """Off, or on again."""
        self._on[flag] = not self._on.get(flag, True)
        return await self._write("PUT", f"{_settings(flag)}/enabled", {"enabled": self._on[flag]}, wait)

    async def switch_off(self, flag: str) -> Written:
        self._on[flag] = False
        return await self._write("PUT", f"{_settings(flag)}/enabled", {"enabled": False}, 0)

    async def proposed(self, edits: int) -> list[int]:
        """Change requests that switch so many flags, by number."""
        numbers = []
        for begin in range(1, edits + 1, EDITS_OF_A_REQUEST):
            proposed = [
                {
                    "entity": "flag_settings",
                    "key": f"filler-{number}",
                    "environment": "production",
                    "action": "update",
                    "document": {"enabled": self._number % 2 == 0, "report_exposures": begin % 2 == 0},
                }
                for number in range(begin, min(begin + EDITS_OF_A_REQUEST, edits + 1))
            ]
            self._number += 1
            body = {"title": "Many at once", "edits": proposed}
            made = await self._client.post(f"{PROJECT}/change-requests", json=body)
            numbers.append(made.raise_for_status().json()["number"])
        return numbers

    async def apply(self, numbers: list[int]) -> int:
        """One change request after another; the version that the last one became."""
        version = 0
        for number in numbers:
            answer = await self._client.post(f"{PROJECT}/change-requests/{number}/apply")
            version = answer.raise_for_status().json()["environment_versions"]["production"]
        return version

    async def _changed(self, path: str, body: dict[str, Any], wait: int) -> Written:
        etag = (await self._client.get(path)).headers["etag"]
        return await self._write("PATCH", path, body, wait, etag)

    async def _write(self, method: str, path: str, body: dict[str, Any], wait: int, etag: str = "") -> Written:
        headers = {"traceparent": f"00-{secrets.token_hex(16)}-{secrets.token_hex(8)}-01"}
        headers |= {"If-Match": etag} if etag else {}
        headers |= {"Prefer": f"wait={wait}"} if wait else {}
        started = time.perf_counter()
        answer = (await self._client.request(method, path, json=body, headers=headers)).raise_for_status().json()
        version = answer["environment_versions"]["production"]
        return Written(version, started, time.perf_counter(), answer.get("propagation") or {})


PEOPLE = {"if": {"segment": "people"}, "then": {"variation": "on"}}
EVERYONE = {"if": {"segment": "everyone"}, "then": {"variation": "on"}}


def _settings(flag: str) -> str:
    return f"{PROJECT}/flags/{flag}/environments/production"


class Fleet:
    """The edges that run."""

    def __init__(self, folder: Path, nats_url: str) -> None:
        self._folder = folder
        self._nats_url = nats_url
        self.edges: list[Service] = []

    def grow(self, to: int) -> None:
        new = [
            Service(self._folder, f"edge-{number}", ("edge_evaluator",), {"FF_NATS_URL": self._nats_url})
            for number in range(len(self.edges), to)
        ]
        for each in new:
            each.launch()
        self.edges += new
        for each in new:
            each.wait_ready()

    def stop(self) -> None:
        while self.edges:
            self.edges.pop().stop()
