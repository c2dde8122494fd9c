"""Stopping is not failing, in its shortest form: three restarts of edges and one of each other process, under load."""

from __future__ import annotations

from pathlib import Path

import pytest

from chaos.rolling_restarts import run


@pytest.mark.timeout(900)
async def test_no_request_fails_while_replicas_are_restarted(tmp_path: Path) -> None:
    promises = await run(tmp_path / "rolling", 3, durable=False)
    assert [f"{each.name}: {each.figure}" for each in promises if not each.met] == []
    assert len(promises) == 6
