"""The fleet in a small form: every edge follows, every client is told, and a large fleet comes back spread."""

from __future__ import annotations

import pytest
from service_kit.event_streams import retry_window

from benchmarks.fleet import MOST_SHARE, OUTAGES, run
from benchmarks.fleet_returns import of_sdks, returns, seeded, told_seconds

EDGES, STREAMS = 5, 103
CLIENTS = 20_000


async def test_each_client_is_told_of_each_edit_and_comes_back() -> None:
    change, returned = await run(EDGES, STREAMS, 1)
    assert change.bus_bytes > 0
    assert change.stream_bytes > len("refetchEvaluation")
    assert {each.clients for each in returned} == {"SDKs", "OFREP and browsers"}
    assert len(returned) == 2 * len(OUTAGES)
    assert all(0 < each.most_share <= 1 for each in returned)


@pytest.mark.parametrize("outage", [pytest.param(each, id=f"{each:g}s") for each in OUTAGES])
@pytest.mark.parametrize("streams_an_edge", [100, 500, 720, 2000])
def test_no_second_brings_back_a_tenth_of_the_clients(streams_an_edge: int, outage: float) -> None:
    seeded(7)
    window = retry_window(streams_an_edge) / 1000
    assert returns("SDKs", of_sdks([window] * CLIENTS), outage).most_share <= MOST_SHARE


def test_what_was_told_last_counts() -> None:
    assert told_seconds(b"1a\r\nretry: 2500\n\n\r\n20\r\n: still here\nretry: 1250\n\n\r\n") == 1.25
