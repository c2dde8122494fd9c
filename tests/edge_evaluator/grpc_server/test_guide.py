"""The guide's program, run as it is printed."""

from __future__ import annotations

import asyncio
import os
import re
import sys
from pathlib import Path

from bucketing.flagset import Comparison, Fixed, Rule

from tests.edge_evaluator.grpc_server.callers import grpc_edge
from tests.edge_evaluator.running_edge import SERVER_KEY
from tests.edge_evaluator.sample_flags import boolean

GUIDE = Path(__file__).resolve().parents[3] / "docs/integration/grpc.md"


async def test_the_program_of_the_guide_prints_what_it_says() -> None:
    page = GUIDE.read_text()
    (program,) = re.findall(r"^```python\n(.*?)^```", page, re.DOTALL | re.MULTILINE)
    promised = re.search(r"It prints `([^`]+)` and `([^`]+)`", page)
    assert promised is not None
    rule = Rule("norway", Comparison("country", "eq", "NO"), Fixed("on"))
    async with grpc_edge() as edge:
        await edge.edge.write(flags=[boolean("new-checkout", rules=(rule,), default=Fixed("off"))])
        assert edge.edge.edge.grpc is not None
        told = {"EDGE_GRPC": f"127.0.0.1:{edge.edge.edge.grpc.port}", "SERVER_KEY": SERVER_KEY}
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", program, env=os.environ | told, stdout=asyncio.subprocess.PIPE
        )
        said, _ = await process.communicate()
    assert said.decode().splitlines() == list(promised.groups())
