"""flagd's evaluator and provider for JavaScript, in a folder of their own: what is exported means the same to them, and
they work with an edge in flagd's place."""

from __future__ import annotations

import asyncio
import json
import shutil
import subprocess
from pathlib import Path

import pytest
from edge_evaluator.flagd_export.flags import exported

from tests.edge_evaluator.grpc_server.callers import grpc_edge
from tests.edge_evaluator.grpc_server.test_flagd_provider import DEFAULTS, USER, provider
from tests.edge_evaluator.running_edge import SERVER_KEY
from tests.edge_evaluator.sample_flags import boolean
from tests.edge_evaluator.test_flagd_export import NOW, OPERATORS, SEEDS, drawn_group, operator_group

CLIENTS = Path(__file__).with_name("flagd_node")


@pytest.fixture(scope="module")
def clients(tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert shutil.which("npm"), "the tests need Node 20 with npm on the PATH (README, Two commands)"
    folder = tmp_path_factory.mktemp("flagd") / "clients"
    shutil.copytree(CLIENTS, folder)
    install = ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"]
    done = subprocess.run(install, cwd=folder, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


async def test_its_evaluator_serves_the_same_to_any_context(clients: Path) -> None:
    groups = [*map(drawn_group, SEEDS), *map(operator_group, OPERATORS)]
    told = [
        {"configuration": exported(group.config, NOW).document, "cases": [case._asdict() for case in group.cases]}
        for group in groups
    ]
    (clients / "groups.json").write_text(json.dumps(told))
    process = await asyncio.create_subprocess_exec(
        "node", "evaluator.mjs", "groups.json", cwd=clients, stdout=asyncio.subprocess.PIPE
    )
    said, _ = await process.communicate()
    assert process.returncode == 0
    assert json.loads(said) == []
    assert sum(len(group.cases) for group in groups) > 5000


@pytest.mark.parametrize("mode", ["rpc", "in-process"])
async def test_its_provider_works_with_an_edge_in_flagds_place(clients: Path, mode: str) -> None:
    program = ("node", str(clients / "provider.mjs"))
    async with grpc_edge(edge_flagd_key=SERVER_KEY) as edge, provider(edge, "", mode, program) as flagd:
        left_out = (await edge.edge.get("/v1/flagd/flags")).json()["notExported"] if mode == "in-process" else {}
        for flag, default in DEFAULTS.items():
            http = (await edge.edge.flag(flag, USER)).json()
            told = await flagd.ask(flag=flag, default=default, context=USER)
            if flag in left_out:
                assert (told["value"], told["error"]) == (default, "FLAG_NOT_FOUND")
            else:
                assert (told["value"], told["variant"], told["error"]) == (http["value"], http["variant"], None)
        assert (await flagd.ask(flag="unknown", default=True, context=USER))["error"] == "FLAG_NOT_FOUND"
        await edge.edge.write(flags=[boolean("half"), boolean("plain", enabled=False)])
        assert {"half", "plain"} <= set(await flagd.ask(changes=2))
        assert (await flagd.ask(flag="half", default=False, context=USER))["value"] is True
        assert (await flagd.ask(flag="plain", default=True, context=USER))["value"] is False
