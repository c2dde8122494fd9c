"""What goes on in an environment, over HTTP: who asked, what arrived by the minute, which attributes came along."""

from __future__ import annotations

from typing import Any

import pytest
from analytics.catalog.catalog import Catalog
from analytics.instants import rfc3339
from analytics.warehouse.client import Warehouse
from analytics.warehouse.contexts import ContextReader, SampleSize
from analytics.warehouse.tables import EXPOSURE_COLUMNS, METRIC_COLUMNS
from analytics.warehouse.usage import RollUp
from bucketing.flagset import Fixed, Flag, FlagType
from bucketing.limits import FLAG_VARIATIONS_MAX
from messages.sdk_keys import KeyKind, SdkKey
from service_kit.clock import ManualClock

from tests.integration.test_usage import HOUR, NOW, api, counted, loaded, payload, unknown

MINUTE = 60_000
WHERE = {"project": "shop", "environment": "production"}
THIS_MINUTE = NOW - NOW % MINUTE


def with_flag(catalog: Catalog) -> None:
    made = Flag("checkout", FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed("on"))
    catalog.entries("env-1").flags["checkout"] = made


async def stored(warehouse: Warehouse, table: str, rows: list[dict[str, Any]]) -> None:
    columns = EXPOSURE_COLUMNS if table == "events_exposure" else METRIC_COLUMNS
    given = {"organization_id": "org-1", "project_id": "project-1", "environment_id": "env-1", "config_version": 1}
    filled = [dict.fromkeys(columns, "") | given | row for row in rows]
    if table == "events_metric":
        filled = [{**row, "value": row["value"] if row["value"] != "" else 1.0} for row in filled]
    wanted = {name: (columns[name], [row[name] for row in filled]) for name in columns if name in filled[0]}
    await warehouse.insert(table, wanted)


def exposure(user: str, at: int, context: str = "{}", key: str = "key-1") -> dict[str, Any]:
    return {
        "flag": "checkout",
        "variation": "on",
        "user_key": user,
        "event_id": f"{user}-{at}",
        "context": context,
        "sdk_key_id": key,
        "occurred_at": at,
        "received_at": at,
        "override": False,
    }


def purchase(user: str, at: int, key: str = "key-1") -> dict[str, Any]:
    return {
        "metric": "purchase",
        "user_key": user,
        "event_id": f"{user}-{at}",
        "properties": "{}",
        "sdk_key_id": key,
        "occurred_at": at,
        "received_at": at,
    }


async def test_sdks_and_keys_say_when_they_asked_and_sent_last(warehouse: Warehouse) -> None:
    old = NOW - NOW % HOUR - 3 * HOUR
    await loaded(
        warehouse,
        payload(("u-1", THIS_MINUTE, [counted("checkout", 5, sdk="python/0.3.0"), counted("menu", 2, sdk="curl")])),
        payload(("u-2", old, [counted("checkout", 9, sdk="node/1.2.0"), counted("checkout", 1, sdk="python/0.3.0")])),
        payload(("x", old, [counted("secret", 9, sdk="go/1.0")]), environment="env-2"),
    )
    clock = ManualClock(NOW)
    await RollUp(warehouse, clock).run()
    await stored(warehouse, "events_exposure", [exposure("ann", NOW - 5_000), exposure("bob", NOW - 900)])
    await stored(warehouse, "events_metric", [purchase("ann", NOW - 2 * HOUR, key="key-2")])

    async with api(warehouse, clock) as client:
        answer = await client.get("/v1/usage/sdks", params=WHERE)
        later = await client.get("/v1/usage/sdks", params=WHERE | {"hours": 1})

    assert answer.status_code == 200, answer.text
    document = answer.json()
    sdks = {each["sdk"]: each for each in document["sdks"]}
    assert set(sdks) == {"python/0.3.0", "curl", "node/1.2.0"}
    python, curl, node = sdks["python/0.3.0"], sdks["curl"], sdks["node/1.2.0"]
    assert (python["name"], python["version"], python["evaluations_hour"]) == ("python", "0.3.0", 5)
    assert (curl["name"], curl["version"]) == ("curl", None)
    assert (node["evaluations_hour"], node["last_evaluation_at"]) == (0, rfc3339(old))
    assert rfc3339(THIS_MINUTE) <= python["last_evaluation_at"] <= rfc3339(THIS_MINUTE + MINUTE)
    assert document["last_evaluation_at"] == max(each["last_evaluation_at"] for each in sdks.values())
    assert document["last_exposure_at"] == rfc3339(NOW - 900)
    keys = {each["id"]: each for each in document["keys"]}
    assert keys["key-1"]["last_exposure_at"] == rfc3339(NOW - 900)
    assert (keys["key-2"]["last_metric_event_at"], keys["key-2"]["last_exposure_at"]) == (rfc3339(NOW - 2 * HOUR), None)
    assert (later.json()["last_metric_event_at"], len(later.json()["sdks"])) == (None, 2)
    used = {each["id"]: each["last_used_at"] for each in later.json()["keys"]}
    assert (used["key-1"], used["key-2"]) == (rfc3339(NOW - 900), rfc3339(NOW - 2 * HOUR))


async def test_the_last_hour_is_told_by_the_minute(warehouse: Warehouse) -> None:
    before = THIS_MINUTE - 10 * MINUTE
    failed = {"flag": "checkout", "reason": "ERROR", "error": "TYPE_MISMATCH", "count": 4}
    await loaded(
        warehouse,
        payload(("u-1", before, [counted("checkout", 5), unknown("gone", 3), failed])),
        payload(("u-2", THIS_MINUTE - 2 * HOUR, [counted("checkout", 100)])),
    )
    twice = exposure("ann", before)
    await stored(warehouse, "events_exposure", [twice, twice, exposure("bob", before + 1)])
    await stored(warehouse, "events_metric", [purchase("ann", THIS_MINUTE), purchase("ann", NOW - 2 * HOUR)])

    async with api(warehouse, ManualClock(NOW)) as client:
        minutes = (await client.get("/v1/activity", params=WHERE)).json()["minutes"]

    assert len(minutes) == 60
    assert (minutes[0]["minute"], minutes[-1]["minute"]) == (rfc3339(THIS_MINUTE - 59 * MINUTE), rfc3339(THIS_MINUTE))
    assert minutes[-11] == {
        "minute": rfc3339(before),
        "evaluations": 12,
        "errors": 4,
        "unknown_flags": 3,
        "exposures": 2,
        "metric_events": 0,
    }
    assert minutes[-1]["metric_events"] == 1
    assert sum(each["evaluations"] for each in minutes) == 12


async def test_answers_are_held_for_two_seconds(warehouse: Warehouse) -> None:
    clock = ManualClock(NOW)
    async with api(warehouse, clock) as client:
        first = (await client.get("/v1/activity", params=WHERE)).json()
        await stored(warehouse, "events_metric", [purchase("ann", THIS_MINUTE)])
        assert (await client.get("/v1/activity", params=WHERE)).json() == first
        clock.advance(2.1)
        assert (await client.get("/v1/activity", params=WHERE)).json() != first


async def test_attributes_are_told_with_types_shares_and_common_values(warehouse: Warehouse) -> None:
    contexts = [
        '{"country":"DE","plan":"gold","email":"ann@example.com","address":{"city":"Bonn"},"tags":["a","b"]}',
        '{"country":"DE","age":30,"email":"bob@example.com","address":{"city":"Bonn"}}',
        '{"country":"FR","age":"thirty","plan":"gold","tags":["b"]}',
        '{"country":"DE","beta":true}',
    ]
    rows = [exposure(f"user-{number}", NOW - number, each) for number, each in enumerate(contexts)]
    rows.append(exposure("user-3", NOW - HOUR, '{"country":"IT"}'))
    rows.append(exposure("old", NOW - 8 * 24 * HOUR, '{"gone":1}'))
    await stored(warehouse, "events_exposure", rows)

    async with api(warehouse, ManualClock(NOW), pii_attributes=("address",)) as client:
        answer = await client.get("/v1/attributes", params=WHERE)

    assert answer.status_code == 200, answer.text
    document = answer.json()
    found = {each["name"]: each for each in document["attributes"]}
    assert document["units"] == 4
    assert set(found) == {"country", "plan", "email", "address.city", "tags", "age", "beta"}
    country, age = found["country"], found["age"]
    assert next(iter(found)) == "country"
    assert (country["share"], country["values"]) == (1.0, [{"value": "DE", "units": 3}])
    assert (country["distinct"], country["last_seen_at"]) == (2, rfc3339(NOW))
    assert {each["type"]: each["units"] for each in age["types"]} == {"number": 1, "string": 1}
    assert found["tags"]["values"] == [{"value": "b", "units": 2}]
    assert found["email"]["values"] == []
    assert (found["address.city"]["private"], found["address.city"]["values"]) == (True, [])
    assert found["address.city"]["distinct"] is None


async def test_of_exposures_as_many_variations_are_told_as_a_flag_may_have(warehouse: Warehouse) -> None:
    """Whoever has a client key says that there was any."""
    made_up = [
        {**exposure(f"user-{number}", NOW - MINUTE), "variation": f"made-up-{number:03}"}
        for number in range(FLAG_VARIATIONS_MAX + 50)
    ]
    real = [{**exposure(f"user-{number}", NOW - 2 * MINUTE), "variation": "zz"} for number in range(3)]
    await stored(warehouse, "events_exposure", made_up + real)
    async with api(warehouse, ManualClock(NOW), prepare=with_flag) as client:
        answer = await client.get("/v1/flags/checkout/exposures", params=WHERE | {"bucket": "day"})
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert document["exposures"] == FLAG_VARIATIONS_MAX + 53
    counts = {each["variation"]: (each["exposures"], each["units"]) for each in document["variations"]}
    assert (counts["zz"], counts["…"]) == ((3, 3), (51, 51))
    assert sum(1 for each in counts if each.startswith("made-up")) == FLAG_VARIATIONS_MAX - 1
    assert sum(len(point["variations"]) for point in document["series"]) <= 2 * (FLAG_VARIATIONS_MAX + 1)


async def test_a_sample_has_bounds_of_its_own(warehouse: Warehouse) -> None:
    rows = [exposure(f"user-{number}", NOW - number, f'{{"n":"{"x" * 90}"}}') for number in range(20)]
    rows += [{**exposure("user-0", NOW - 10 - number, "{}"), "flag": f"flag-{number}"} for number in range(5)]
    await stored(warehouse, "events_exposure", rows)
    asked = {"organization": "org-1", "environment": "env-1", "since": NOW - HOUR}
    reader = ContextReader(warehouse)

    estimated, whole = await reader.recent(asked, SampleSize(units=100))
    assert (estimated, len(whole)) == (20, 20)
    assert [len(each["contexts"]) for each in whole if each["user_key"] == "user-0"] == [6]

    _, newest = await reader.recent(asked, SampleSize(units=100, contexts=2))
    (contexts,) = (each["contexts"] for each in newest if each["user_key"] == "user-0")
    assert [(at, flag) for at, flag, _ in contexts] == [(NOW - 10, "flag-0"), (NOW, "checkout")]

    estimated, few = await reader.recent(asked, SampleSize(units=100, bytes=1_000))
    assert estimated == 20
    assert sum(len(text) for each in few for _, _, text in each["contexts"]) <= 1_000
    assert [each["user_key"] for each in few] == [each["user_key"] for each in whole[: len(few)]]
    assert few


@pytest.mark.parametrize(
    ("path", "more", "status"),
    [
        ("/v1/usage/sdks", {"hours": 0}, 422),
        ("/v1/attributes", {"days": 31}, 422),
        ("/v1/activity", {"minutes": 5}, 422),
        ("/v1/activity", {"environment": "elsewhere"}, 404),
    ],
)
async def test_wrong_questions_are_told(warehouse: Warehouse, path: str, more: dict[str, Any], status: int) -> None:
    async with api(warehouse, ManualClock(NOW)) as client:
        assert (await client.get(path, params=WHERE | more)).status_code == status


async def test_keys_that_were_never_used_are_told_too(warehouse: Warehouse) -> None:
    def with_key(catalog: Catalog) -> None:
        catalog.entries("env-1").sdk_keys = (SdkKey("env-1", "key-9", KeyKind.CLIENT, b"x" * 32),)

    async with api(warehouse, ManualClock(NOW), prepare=with_key) as client:
        (key,) = (await client.get("/v1/usage/sdks", params=WHERE)).json()["keys"]
    assert (key["id"], key["kind"]) == ("key-9", "client")
    assert (key["last_usage_at"], key["last_used_at"]) == (None, None)
