"""OpenFeature's own clients against the edge: Python's OFREP provider, and the two of JavaScript on Node."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from bucketing.flagset import Fixed
from edge_evaluator.endpoints import event_streams
from edge_evaluator.settings import EdgeSettings
from openfeature import api
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from service_kit.clock import SystemClock

from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY, RunningEdge, running_edge
from tests.edge_evaluator.sample_flags import boolean

NODE = Path(__file__).parent / "node"
CONTEXT = {"targetingKey": "u1", "country": "US"}
NODE_SECONDS = 60


@pytest.fixture(params=["fast", "slow"])
async def edge(request: pytest.FixtureRequest) -> AsyncIterator[RunningEdge]:
    async with running_edge(EdgeSettings(edge_fast_path=request.param == "fast")) as running:
        yield running


@pytest.fixture(scope="session")
def node_clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the scripts and exactly the packages of the lock file."""
    folder = tmp_path_factory.mktemp("node")
    for name in ("package.json", "package-lock.json", "server.mjs", "web.mjs"):
        shutil.copy(NODE / name, folder)
    subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=True, timeout=240)
    return folder


def url_of(edge: RunningEdge) -> str:
    return f"http://127.0.0.1:{edge.port}"


# Python


def python_client(edge: RunningEdge, key: str) -> Any:
    api.set_provider(OFREPProvider(url_of(edge), headers_factory=lambda: {"Authorization": f"Bearer {key}"}), "edge")
    return api.get_client("edge")


async def test_python_gets_every_type(edge: RunningEdge) -> None:
    client = python_client(edge, SERVER_KEY)
    context = EvaluationContext("u1", {"country": "US"})

    def ask() -> dict[str, Any]:
        return {
            "plain": client.get_boolean_details("plain", False, context),
            "greeting": client.get_string_details("greeting", "?", context),
            "limit": client.get_integer_details("limit", 0, context),
            "ratio": client.get_float_details("ratio", 0.0, context),
            "theme": client.get_object_details("theme", {}, context),
            "disabled": client.get_boolean_details("disabled", True, context),
            "half": client.get_boolean_details("half", False, context),
        }

    details = await asyncio.to_thread(ask)
    assert {key: each.error_code for key, each in details.items()} == dict.fromkeys(details)
    assert [each.value for each in details.values()][:6] == [
        True,
        "hällo ☃",
        2**53 - 1,
        1.0,
        {"bg": "#000", "n": [1, 2.5, None]},
        False,
    ]
    assert [details[key].reason for key in ("plain", "disabled", "half")] == ["STATIC", "DISABLED", "SPLIT"]
    assert details["plain"].flag_metadata["version"] == "1"


async def test_python_is_told_what_is_wrong(edge: RunningEdge) -> None:
    client = python_client(edge, SERVER_KEY)
    missing = await asyncio.to_thread(client.get_boolean_details, "half", True)
    assert (missing.value, missing.error_code) == (True, ErrorCode.TARGETING_KEY_MISSING)
    unknown = await asyncio.to_thread(client.get_boolean_details, "unknown", True)
    assert (unknown.value, unknown.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)
    mistyped = await asyncio.to_thread(client.get_integer_details, "ratio", 5)
    assert (mistyped.value, mistyped.error_code) == (5, ErrorCode.TYPE_MISMATCH)
    stranger = await asyncio.to_thread(python_client(edge, "wrong").get_boolean_details, "plain", False)
    assert (stranger.error_code, stranger.error_message) == (ErrorCode.GENERAL, "unauthorized")


async def test_python_waits_as_long_as_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    now = SystemClock().now()
    monkeypatch.setattr(SystemClock, "now", lambda _: now)
    async with running_edge(EdgeSettings(edge_requests_per_key_per_second=1)) as edge:
        client = python_client(edge, SERVER_KEY)
        details = [await asyncio.to_thread(client.get_boolean_details, "plain", False) for _ in range(14)]
        messages = [each.error_message for each in details if each.error_code]
        assert messages[0].startswith("Rate limited, retry after: ")
        assert messages[-1].startswith("OFREP evaluation paused")


# JavaScript, server side


async def run_node(folder: Path, script: str, job: dict[str, Any]) -> Any:
    process = await asyncio.create_subprocess_exec(
        "node", script, json.dumps(job), cwd=folder, stdout=asyncio.subprocess.PIPE
    )
    output, _ = await asyncio.wait_for(process.communicate(), NODE_SECONDS)
    assert process.returncode == 0
    return json.loads(output)


async def test_node_gets_every_type(edge: RunningEdge, node_clients: Path) -> None:
    answers = await run_node(node_clients, "server.mjs", {"url": url_of(edge), "key": SERVER_KEY, "context": CONTEXT})
    assert answers["plain"]["value"] is True
    assert answers["greeting"]["value"] == "hällo ☃"
    assert answers["limit"]["value"] == 2**53 - 1
    assert answers["ratio"]["value"] == 1
    assert answers["theme"]["value"] == {"bg": "#000", "n": [1, 2.5, None]}
    assert (answers["disabled"]["value"], answers["disabled"]["reason"]) == (False, "DISABLED")
    assert answers["half"]["reason"] == "SPLIT"
    assert answers["plain"]["flagMetadata"]["version"] == "1"
    assert answers["withoutKey"]["errorCode"] == "TARGETING_KEY_MISSING"
    assert (answers["unknown"]["value"], answers["unknown"]["errorCode"]) == (True, "FLAG_NOT_FOUND")


async def test_node_with_a_wrong_key_serves_defaults(edge: RunningEdge, node_clients: Path) -> None:
    answers = await run_node(node_clients, "server.mjs", {"url": url_of(edge), "key": "wrong", "context": CONTEXT})
    assert (answers["plain"]["value"], answers["plain"]["reason"]) == (False, "ERROR")


# JavaScript, as in a browser


class Web:
    """A page that runs the web provider, driven line by line."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process
        self.seen: dict[str, Any] = {}

    @classmethod
    async def open(cls, folder: Path, edge: RunningEdge, key: str) -> Web:
        job = {"url": url_of(edge), "key": key, "context": CONTEXT}
        process = await asyncio.create_subprocess_exec(
            "node",
            "web.mjs",
            json.dumps(job),
            cwd=folder,
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
        )
        web = cls(process)
        await web._listen()
        return web

    async def command(self, **command: Any) -> dict[str, Any]:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(command).encode() + b"\n")
        await self._process.stdin.drain()
        return await self._listen()

    async def close(self) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        await asyncio.wait_for(self._process.wait(), NODE_SECONDS)

    async def _listen(self) -> dict[str, Any]:
        assert self._process.stdout is not None
        self.seen = json.loads(await asyncio.wait_for(self._process.stdout.readline(), NODE_SECONDS))
        return self.seen


async def test_a_page_follows_its_flags(edge: RunningEdge, node_clients: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(event_streams, "RECENT_SECONDS", 0.0)
    page = await Web.open(node_clients, edge, CLIENT_KEY)
    flags = page.seen["flags"]
    assert (flags["visible"]["value"], flags["half"]["reason"], flags["greeting"]["value"]) == (
        True,
        "SPLIT",
        "hällo ☃",
    )
    assert flags["plain"]["errorCode"] == "FLAG_NOT_FOUND"
    other = await page.command(context={**CONTEXT, "email": "new@example.com"})
    assert [request["status"] for request in other["requests"]] == [200, 200]
    assert other["requests"][1]["held"]
    await edge.write(flags=[boolean("visible", client_visible=True, default=Fixed("off"))])
    changed = await page.command(**{"await": "change", "seen": other["changes"]})
    assert changed["flags"]["visible"]["value"] is False
    assert changed["flags"]["visible"]["flagMetadata"]["version"] == "2"
    refetch = changed["requests"][-1]
    assert (refetch["status"], "flagConfigEtag" in refetch["url"]) == (200, True)
    await page.close()


async def test_a_page_with_a_wrong_key_fails(edge: RunningEdge, node_clients: Path) -> None:
    page = await Web.open(node_clients, edge, "wrong")
    assert page.seen["failure"] == "PROVIDER_FATAL"
    assert page.seen["flags"]["visible"]["value"] is False
    await page.close()
