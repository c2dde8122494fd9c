"""What each service's user of NATS may not do. That it may do enough is shown by every other test of this folder."""

from __future__ import annotations

import pytest
from nats.aio.client import Client

from tests.e2e.guarded_nats import GuardedNats
from tests.waiting import until

REFUSED = [
    *((user, "config.an-environment.flag.a") for user in ("edge", "ingestor", "analytics")),
    *((user, "$JS.API.STREAM.DELETE.CONFIG") for user in ("edge", "ingestor", "analytics")),
    *((user, "$JS.API.STREAM.PURGE.CONFIG") for user in ("edge", "ingestor", "analytics")),
    *((user, "$JS.API.STREAM.CREATE.CONFIG") for user in ("edge", "ingestor", "analytics")),
    *((user, "$JS.API.STREAM.PURGE.ACTS") for user in ("edge", "ingestor", "analytics")),
    *((user, "$JS.API.STREAM.MSG.DELETE.ACTS") for user in ("edge", "ingestor", "analytics")),
    *((user, "verdict.edges.an-environment") for user in ("ingestor", "analytics")),
    *((user, "verdicts.an-environment.a") for user in ("edge", "ingestor")),
    ("edge", "verdict.other.an-environment"),
    ("edge", "events.an-environment"),
    ("edge", "acts.an-organization"),
    ("edge", "$JS.API.STREAM.DELETE.EVENTS"),
    ("edge", "$JS.API.CONSUMER.MSG.NEXT.EVENTS.loader"),
]


async def connected(nats: GuardedNats, user: str, password: str) -> tuple[Client, list[str]]:
    """A client, and what the server tells it of errors."""
    client, errors = Client(), []

    async def told(error: Exception) -> None:
        errors.append(str(error).lower())

    await client.connect(nats.url, user=user, password=password, error_cb=told, max_reconnect_attempts=1)
    return client, errors


@pytest.mark.parametrize(("user", "subject"), REFUSED, ids=[f"{user}-{subject}" for user, subject in REFUSED])
async def test_a_service_may_not_change_what_is_not_its_own(bus: GuardedNats, user: str, subject: str) -> None:
    client, errors = await connected(bus, user, bus.password(user))
    await client.publish(subject, b"{}")
    await until(lambda: any("permissions violation" in each and subject.lower() in each for each in errors))
    await client.close()


@pytest.mark.parametrize("subject", ["events.>", "acts.>", "verdict.edges.>", "_INBOX.>", "_INBOX_analytics.>", ">"])
async def test_an_edge_hears_nobody_else(bus: GuardedNats, subject: str) -> None:
    client, errors = await connected(bus, "edge", bus.password("edge"))
    await client.subscribe(subject)
    await client.flush()
    await until(lambda: any("permissions violation" in each for each in errors))
    await client.close()


@pytest.mark.parametrize("user", ["edge", "control-plane", "", "nobody"])
async def test_nobody_is_let_in_with_a_wrong_password(bus: GuardedNats, user: str) -> None:
    with pytest.raises(Exception, match=r"(?i)authorization|no servers"):
        await connected(bus, user, "wrong")
