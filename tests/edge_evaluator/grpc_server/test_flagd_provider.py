"""flagd's providers work with an edge in flagd's place, unchanged: the one for Python, in RPC mode and in-process."""

from __future__ import annotations

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.edge_evaluator.grpc_server.callers import GrpcEdge, grpc_edge
from tests.edge_evaluator.running_edge import CLIENT_KEY, SERVER_KEY
from tests.edge_evaluator.sample_flags import boolean

PROGRAM = Path(__file__).with_name("flagd_provider.py")
USER = {"targetingKey": "u1", "country": "US", "company": "acme"}
DEFAULTS: dict[str, Any] = {
    "plain": False,
    "visible": False,
    "disabled": True,
    "archived": True,
    "half": False,
    "by-company": False,
    "ruled": True,
    "reported": False,
    "greeting": "none",
    "limit": 0,
    "ratio": 0.0,
    "theme": {},
    "page": {},
    "page-merged": {},
}


class Provider:
    """The program at work."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdin is not None
        assert process.stdout is not None
        self._to, self._from = process.stdin, process.stdout

    async def said(self) -> Any:
        line = await self._from.readline()
        assert line, "the program has ended"
        return json.loads(line)

    async def ask(self, **asked: Any) -> Any:
        self._to.write(json.dumps(asked).encode() + b"\n")
        return await self.said()


@asynccontextmanager
async def provider(
    edge: GrpcEdge, selector: str = "", mode: str = "rpc", program: Sequence[str] = (sys.executable, str(PROGRAM))
) -> AsyncIterator[Provider]:
    assert edge.edge.edge.grpc is not None
    port = str(edge.edge.edge.grpc.port)
    pipes: dict[str, Any] = {"stdin": asyncio.subprocess.PIPE, "stdout": asyncio.subprocess.PIPE}
    process = await asyncio.create_subprocess_exec(*program, port, selector, mode, **pipes)
    started = Provider(process)
    try:
        async with asyncio.timeout(60):
            assert await started.said() == {"status": "READY"}
            yield started
            assert process.stdin is not None
            process.stdin.close()
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@pytest.mark.parametrize("way", ["selector", "edge"])
async def test_it_evaluates_as_http_does(way: str) -> None:
    settings = {"edge_flagd_key": SERVER_KEY} if way == "edge" else {}
    selector = f"sdkKey={SERVER_KEY}" if way == "selector" else ""
    async with grpc_edge(**settings) as edge, provider(edge, selector) as flagd:
        for flag, default in DEFAULTS.items():
            http = (await edge.edge.flag(flag, USER)).json()
            told = await flagd.ask(flag=flag, default=default, context=USER)
            assert told == {"value": http["value"], "variant": http["variant"], "reason": http["reason"], "error": None}
            assert type(told["value"]) is type(default)


async def test_what_fails_has_openfeatures_codes_and_the_applications_default() -> None:
    async with grpc_edge(edge_flagd_key=SERVER_KEY) as edge, provider(edge) as flagd:
        broken = boolean("broken", off_variation="nowhere")
        await edge.edge.write(flags=[broken])
        assert await flagd.ask(changes=1) == ["broken"]
        for flag, default, code in (
            ("unknown", True, "FLAG_NOT_FOUND"),
            ("greeting", 7, "TYPE_MISMATCH"),
            ("ratio", 7, "TYPE_MISMATCH"),
            ("plain", "text", "TYPE_MISMATCH"),
            ("broken", True, "PARSE_ERROR"),
        ):
            told = await flagd.ask(flag=flag, default=default, context=USER)
            assert (told["value"], told["error"], told["reason"]) == (default, code, "ERROR")
        told = await flagd.ask(flag="half", default=True, context={})
        assert (told["value"], told["error"]) == (True, "GENERAL")


async def test_it_hears_of_changes_and_forgets_what_it_has_kept() -> None:
    """The provider keeps what is STATIC until it is told of a change."""
    async with grpc_edge(edge_flagd_key=CLIENT_KEY) as edge, provider(edge) as flagd:
        for enabled in (True, False, True):
            assert (await flagd.ask(flag="visible", default=False, context=USER))["value"] is True
            await edge.edge.write(
                flags=[
                    boolean("visible", client_visible=True, enabled=False),
                    boolean("plain", enabled=enabled),
                    boolean("another", client_visible=True, enabled=enabled),
                ]
            )
            assert await flagd.ask(changes=2) == ["another", "visible"]
            assert (await flagd.ask(flag="visible", default=True, context=USER))["value"] is False
            await edge.edge.write(flags=[boolean("visible", client_visible=True)])
            assert await flagd.ask(changes=1) == ["visible"]


@pytest.mark.parametrize("way", ["selector", "edge"])
async def test_in_process_it_evaluates_what_is_exported_and_follows_changes(way: str) -> None:
    settings = {"edge_flagd_key": SERVER_KEY} if way == "edge" else {}
    selector = f"sdkKey={SERVER_KEY}" if way == "selector" else ""
    async with grpc_edge(**settings) as edge, provider(edge, selector, "in-process") as flagd:
        left_out = (await edge.edge.get("/v1/flagd/flags")).json()["notExported"]
        for flag, default in DEFAULTS.items():
            http = (await edge.edge.flag(flag, USER)).json()
            told = await flagd.ask(flag=flag, default=default, context=USER)
            if flag in left_out:
                assert (told["value"], told["error"]) == (default, "FLAG_NOT_FOUND")
            else:
                assert (told["value"], told["variant"], told["error"]) == (http["value"], http["variant"], None)
        await edge.edge.write(flags=[boolean("half"), boolean("plain", enabled=False)])
        assert {"half", "plain"} <= set(await flagd.ask(changes=2))
        assert (await flagd.ask(flag="half", default=False, context=USER))["value"] is True
        assert (await flagd.ask(flag="plain", default=True, context=USER))["value"] is False
