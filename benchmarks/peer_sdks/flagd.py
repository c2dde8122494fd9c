"""flagd's provider for OpenFeature, evaluating in this process from a file, asked without OpenFeature's client."""

from __future__ import annotations

import json
import tempfile
from importlib.metadata import version
from pathlib import Path
from typing import Any

from openfeature.contrib.provider.flagd import FlagdProvider
from openfeature.contrib.provider.flagd.config import ResolverType
from openfeature.evaluation_context import EvaluationContext

from benchmarks.peer_sdks.peer import FLAGS, MEASURED, Attributes, Peer, countries


def var(name: str) -> dict[str, str]:
    return {"var": name}


BETA = {
    "and": [
        {"==": [var("country"), "US"]},
        {"!=": [var("plan"), "free"]},
        {">": [var("age"), 18]},
        {"in": ["+", var("email")]},
    ]
}


def flag(number: int) -> dict[str, Any]:
    targeting = {
        "if": [
            {"and": [{"in": [var("country"), countries(number)]}, {"==": [var("plan"), "pro"]}]},
            "on",
            {"and": [{">=": [var("age"), 18]}, {"$ref": "beta"}]},
            "on",
            {"and": [{"ends_with": [var("email"), "@example.com"]}, {"sem_ver": [var("version"), ">=", "1.2.0"]}]},
            {"fractional": [["on", 50], ["off", 50]]},
            "off",
        ]
    }
    variants = {"on": True, "off": False}
    return {"state": "ENABLED", "variants": variants, "defaultVariant": "off", "targeting": targeting}


def context(attributes: Attributes) -> EvaluationContext:
    others = {name: value for name, value in attributes.items() if name != "targetingKey"}
    return EvaluationContext(attributes["targetingKey"], others)


def peer() -> Peer:
    flags = {f"flag-{number}": flag(number) for number in range(FLAGS)}
    folder = tempfile.TemporaryDirectory()
    file = Path(folder.name) / "flags.json"
    file.write_text(json.dumps({"flags": flags, "$evaluators": {"beta": BETA}}))
    provider = FlagdProvider(resolver_type=ResolverType.FILE, offline_flag_source_path=str(file))
    provider.initialize(EvaluationContext())

    def serve(asked: EvaluationContext) -> bool:
        return provider.resolve_boolean_details(MEASURED, False, asked).value is True

    def close() -> None:
        provider.shutdown()
        folder.cleanup()

    note = "Murmur3; its provider called directly, without OpenFeature's client and hooks"
    return Peer("flagd", version("openfeature-provider-flagd"), note, context, serve, close)
