"""GrowthBook's SDK with features handed over in its constructor: without a client key it asks nobody for any."""

from __future__ import annotations

from importlib.metadata import version

from growthbook import GrowthBook

from benchmarks.peer_sdks.peer import FLAGS, MEASURED, Attributes, Peer, countries

BETA = {"country": "US", "plan": {"$ne": "free"}, "age": {"$gt": 18}, "email": {"$regex": "\\+"}}


def feature(number: int) -> dict[str, object]:
    third = {"email": {"$regex": "@example\\.com$"}, "version": {"$vgte": "1.2.0"}}
    return {
        "defaultValue": False,
        "rules": [
            {"condition": {"country": {"$in": countries(number)}, "plan": "pro"}, "force": True},
            {"condition": {"age": {"$gte": 18}, "$savedGroup": {"id": "beta"}}, "force": True},
            {
                "condition": third,
                "key": f"flag-{number}",
                "variations": [True, False],
                "weights": [0.5, 0.5],
                "hashAttribute": "targetingKey",
            },
        ],
    }


def peer() -> Peer:
    client = GrowthBook(
        features={f"flag-{number}": feature(number) for number in range(FLAGS)},
        saved_groups={"beta": {"type": "condition", "condition": BETA}},
    )

    def context(attributes: Attributes) -> None:
        client.set_attributes(dict(attributes))

    def serve(_: None) -> bool:
        return bool(client.is_on(MEASURED))

    note = "FNV-1a; its context is the client's, one user at a time"
    return Peer("GrowthBook", version("growthbook"), note, context, serve, client.destroy)
