"""LaunchDarkly's SDK with flags from a file, sending no events.

Its builder of test data (`TestData`) knows neither operators besides `in`, nor segments, nor rollouts; the file
source of the same package, meant for tests too, takes flags in their full form.
"""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from pathlib import Path

from ldclient import Context, LDClient
from ldclient.config import Config
from ldclient.integrations import Files

from benchmarks.peer_sdks.peer import FLAGS, MEASURED, Attributes, Peer, countries


def clause(attribute: str, operator: str, *values: object, negate: bool = False) -> dict[str, object]:
    return {"attribute": attribute, "op": operator, "values": list(values), "negate": negate}


SEGMENT = {
    "key": "beta",
    "version": 1,
    "salt": "salt",
    "rules": [
        {
            "id": "1",
            "clauses": [
                clause("country", "in", "US"),
                clause("plan", "in", "free", negate=True),
                clause("age", "greaterThan", 18),
                clause("email", "contains", "+"),
            ],
        }
    ],
}


def flag(number: int) -> dict[str, object]:
    first = [clause("country", "in", *countries(number)), clause("plan", "in", "pro")]
    second = [clause("age", "greaterThanOrEqual", 18), clause("", "segmentMatch", "beta")]
    third = [clause("email", "endsWith", "@example.com"), clause("version", "semVerLessThan", "1.2.0", negate=True)]
    split = {"variations": [{"variation": 0, "weight": 50_000}, {"variation": 1, "weight": 50_000}]}
    return {
        "key": f"flag-{number}",
        "version": 1,
        "on": True,
        "variations": [True, False],
        "offVariation": 1,
        "fallthrough": {"variation": 1},
        "salt": "benchmark-salt",
        "rules": [
            {"id": "1", "clauses": first, "variation": 0},
            {"id": "2", "clauses": second, "variation": 0},
            {"id": "3", "clauses": third, "rollout": split},
        ],
    }


def context(attributes: Attributes) -> Context:
    builder = Context.builder(attributes["targetingKey"])
    for name, value in attributes.items():
        if name != "targetingKey":
            builder.set(name, value)
    return builder.build()


def peer() -> Peer:
    flags = {f"flag-{number}": flag(number) for number in range(FLAGS)}
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "flags.json"
        file.write_text(json.dumps({"flags": flags, "segments": {"beta": SEGMENT}}))
        source = Files.new_data_source(paths=[str(file)])
        config = Config("none", update_processor_class=source, send_events=False, diagnostic_opt_out=True)
        client = LDClient(config, start_wait=5)

    def serve(asked: Context) -> bool:
        return client.variation(MEASURED, asked, False) is True

    note = "SHA-1; from its file source, as TestData has no segments, rollouts or operators but `in`"
    return Peer("LaunchDarkly", version("launchdarkly-server-sdk"), note, context, serve, client.close)
