"""Config documents and contexts drawn at random, the same for a seed: what engines have to agree on.

    python -m tests.sdks.random_configs SEED [FLAGS [CONTEXTS]] > cases.json

writes a file of golden cases with the answers of `bucketing`, for the conformance command of an SDK.
"""

from __future__ import annotations

import json
import sys
from random import Random
from typing import Any

from bucketing import compile_flagset
from bucketing.document import flagset_from_document

from tests.sdks.random_literals import ADDRESSES, INSTANTS, LARGE, NUMBERS, TEXTS, VERSIONS, comparison

Document = dict[str, Any]
NOW = 1_767_607_200_000
"""2026-01-05T10:00:00Z."""
HOUR = 3_600_000
SEGMENTS, EXPERIMENTS, REMOTE_CONFIGS = 25, 150, 40
_VALUES: dict[str, tuple[Any, ...]] = {
    "boolean": (True, False),
    "string": ("", "hello", "Straße ☃", "😀", "0"),
    "integer": (0, -7, 42, 3.0, LARGE - 1, -LARGE + 1),
    "number": (0, 0.5, -0.0, 1e-7, 1e21, 3, LARGE - 1),
    "object": ({}, {"a": {"b": [1, 2.5, None, "x"]}, "größe": True}, {"columns": 3, "banner": {"text": "Hi"}}),
}
_UNITS: tuple[Any, ...] = ("", "ann", "Ünï", 7, 7.0, -0.0, 2.5, True, None, LARGE - 1, LARGE, ["x"], {"id": 1}, " ann ")
_WEIGHTS: tuple[tuple[float, ...], ...] = (
    (50, 50),
    (12.5, 87.5),
    (0, 100),
    (33.33, 33.33, 33.34),
    (0.01, 99.99),
    (100,),
)


class ConfigWriter:
    """Writes one config. `broken`: with which probability a part is none that can be evaluated."""

    def __init__(self, seed: int, flags: int, broken: float) -> None:
        self._random = Random(seed)
        self._broken = broken
        self._flags = [f"flag-{number}" for number in range(flags)]
        self._segments = [f"segment-{number}" for number in range(SEGMENTS)]

    def document(self) -> Document:
        """The whole of it."""
        flags = {key: self._flag(number) for number, key in enumerate(self._flags)}
        configs = {f"config-{number}": self._remote_config() for number in range(REMOTE_CONFIGS)}
        experiments = {
            f"experiment-{number}": self._experiment(flags, configs, f"experiment-{number}")
            for number in range(EXPERIMENTS)
        }
        return {
            "schema_version": 1,
            "algorithm": "sha256-10000-v1",
            "salt": "sålt",
            "version": 17,
            "flags": flags,
            "segments": {key: self._segment(number) for number, key in enumerate(self._segments)},
            "experiments": experiments,
            "remote_configs": configs,
        }

    def _chance(self, probability: float) -> bool:
        return self._random.random() < probability

    def _flag(self, number: int) -> Document:
        random = self._random
        kind = random.choice(list(_VALUES))
        values = random.sample(_VALUES[kind], random.randint(2, min(4, len(_VALUES[kind]))))
        variations = {f"v{place}": value for place, value in enumerate(values)}
        if self._chance(self._broken):
            variations["v0"] = "on" if kind != "string" else 1
        keys = list(variations)
        flag: Document = {
            "type": kind,
            "variations": variations,
            "off_variation": self._variation(keys),
            "default": self._serve(keys),
            "enabled": not self._chance(0.1),
            "archived": self._chance(0.03),
            "version": random.randint(1, 17),
        }
        if number and self._chance(0.2):
            before = self._flags[max(0, number - 20) : number]
            flag["prerequisites"] = [self._prerequisite(before) for _ in range(random.randint(1, 2))]
        if self._chance(0.3):
            flag["targets"] = [self._target(keys) for _ in range(random.randint(1, 4))]
        if self._chance(0.7):
            flag["rules"] = [self._rule(keys, place) for place in range(random.randint(1, 4))]
        return flag

    def _variation(self, keys: list[str]) -> str:
        return "nowhere" if self._chance(self._broken / 4) else self._random.choice(keys)

    def _prerequisite(self, flags: list[str]) -> Document:
        flag = "no-such-flag" if self._chance(self._broken) else self._random.choice(flags)
        return {"flag": flag, "variation": self._random.choice(("v0", "v1"))}

    def _target(self, keys: list[str]) -> Document:
        target: Document = {
            "key": self._random.choice(("ann", "7", "Ünï", "u1", "u2")),
            "variation": self._variation(keys),
        }
        if self._chance(0.3):
            target["expires_at"] = NOW + self._random.choice((-HOUR, 0, 1, HOUR))
        if self._chance(0.3):
            target["override"] = True
        return target

    def _rule(self, keys: list[str], place: int) -> Document:
        rule: Document = {"if": self._condition(3), "then": self._serve(keys)}
        if self._chance(0.5):
            rule["id"] = f"the-{place}"
        return rule

    def _serve(self, keys: list[str]) -> Document:
        if self._chance(0.6):
            return {"variation": self._variation(keys)}
        weights = self._random.choice([one for one in _WEIGHTS if len(one) <= len(keys)])
        if self._chance(self._broken / 2):
            weights = (99.99, *weights[1:])
        served = self._random.sample(keys, len(weights))
        rollout: Document = {
            "variations": [{"key": key, "weight": weight} for key, weight in zip(served, weights, strict=True)]
        }
        if self._chance(0.4):
            rollout["bucket_by"] = self._unit()
        return {"rollout": rollout}

    def _unit(self) -> str:
        return self._random.choice(("company", "address.city", "age", "absent", "targetingKey"))

    def _condition(self, depth: int) -> Document:
        random = self._random
        kind = random.choice(("compare", "compare", "compare", "segment", "and", "or", "not"))
        if depth and kind in ("and", "or"):
            return {kind: [self._condition(depth - 1) for _ in range(random.randint(1, 3))]}
        if depth and kind == "not":
            return {"not": self._condition(depth - 1)}
        if kind == "segment":
            return {"segment": "no-such-segment" if self._chance(self._broken / 4) else random.choice(self._segments)}
        return comparison(random, self._broken / 3)

    def _segment(self, number: int) -> Document:
        random = self._random
        units = ("ann", "7", "Ünï", "u1", "u2", "u3", "0")
        segment: Document = {"included": random.sample(units, 2), "excluded": random.sample(units, 1)}
        segment["included"] = [key for key in segment["included"] if key not in segment["excluded"]]
        if self._chance(0.7):
            segment["if"] = comparison(random, self._broken / 8)
            if number and self._chance(0.4):
                segment["if"] = {"or": [segment["if"], {"segment": random.choice(self._segments[:number])}]}
        return segment

    def _experiment(self, flags: Document, configs: Document, key: str) -> Document:
        random = self._random
        on_config = self._chance(0.2)
        flag = random.choice(list(configs if on_config else flags))
        keys = ["control", "wide"] if on_config else list(flags[flag]["variations"])
        weights = random.choice([one for one in _WEIGHTS if len(one) <= len(keys)])
        served = keys[: len(weights)] if on_config else random.sample(keys, len(weights))
        shares: list[Document] = [{"key": each, "weight": weight} for each, weight in zip(served, weights, strict=True)]
        if on_config and len(shares) > 1:
            shares[1]["value"] = {"columns": 9, "banner": None}
        experiment: Document = {
            "flag": flag,
            "mode": "assigns" if on_config or self._chance(0.6) else "observes",
            "variations": shares,
            "start_at": NOW + random.choice((-2 * HOUR, -HOUR, -HOUR, 0, 1)),
            "traffic": random.choice((100, 100, 50, 0.01, 0)),
        }
        if self._chance(0.3):
            experiment["stop_at"] = NOW + random.choice((0, 1, HOUR))
        if self._chance(0.4):
            experiment["audience"] = self._condition(1)
        if self._chance(0.3):
            experiment["bucket_by"] = self._unit()
        if self._chance(0.3):
            start = random.choice((0, 2500, 5000))
            experiment["layer"] = {"key": random.choice(("layer-a", "layer-b")), "start": start, "end": start + 5000}
        if self._chance(0.3):
            experiment["holdouts"] = [{"key": random.choice(("global", "shop")), "share": random.choice((5, 50, 100))}]
        if self._chance(0.3):
            phase = random.randint(2, 4)
            experiment |= {"phase": phase, "seed": f"phase:{phase}:{key}"}
        if self._chance(0.15):
            experiment["paused"] = True
        return experiment

    def _remote_config(self) -> Document:
        random = self._random
        config: Document = {
            "value": {"columns": 2, "banner": {"text": "Hällo", "sizes": [1, 2.5, None]}},
            "resolve": random.choice(("first", "merge")),
            "archived": self._chance(0.05),
            "version": random.randint(1, 17),
        }
        patches: tuple[Document, ...] = (
            {"columns": 3},
            {"banner": None},
            {"banner": {"text": None, "new": []}},
            {"banner": "flat", "x": {"y": {}}},
        )
        overrides = [
            {"id": f"o{place}", "if": self._condition(1), "value": random.choice(patches)}
            for place in range(random.randrange(4))
        ]
        config["overrides"] = overrides
        if config["resolve"] == "merge" and len(overrides) > 1 and self._chance(0.4):
            config["invalid"] = [sorted(random.sample(range(len(overrides)), 2))]
        return config


def random_config(seed: int, flags: int = 500, broken: float = 0.02) -> Document:
    """A config document with so many flags, and segments, experiments and remote configs beside them."""
    return ConfigWriter(seed, flags, broken).document()


def random_contexts(seed: int, count: int = 200) -> list[Document]:
    """Contexts whose attributes mostly are what the names say, and sometimes anything."""
    random = Random(seed)
    return [_context(random, number) for number in range(count)]


def _context(random: Random, number: int) -> Document:
    usual: Document = {
        "country": random.choice(TEXTS),
        "plan": random.choice(("pro", "gold", "free")),
        "age": random.choice((17, 18, 17.5, 0, -1)),
        "score": random.choice(NUMBERS),
        "version": random.choice(VERSIONS),
        "created": random.choice(INSTANTS),
        "ip": random.choice(ADDRESSES),
        "tags": random.sample((*TEXTS, *NUMBERS), random.randrange(4)),
        "beta": random.choice((True, False)),
        "company": random.choice(_UNITS),
        "address": {"city": random.choice(TEXTS), "geo": {"lat": random.choice(NUMBERS)}},
        "dotted.name": random.choice(TEXTS),
        "user name": "ann",
        "größe": random.choice(NUMBERS),
    }
    context = {name: value for name, value in usual.items() if random.random() < 0.7}
    for name in list(context):
        if random.random() < 0.08:
            context[name] = random.choice((*_UNITS, [], {}, [None], [[1]], False))
    context["targetingKey"] = f"u{number}" if random.random() < 0.8 else random.choice(_UNITS)
    if random.random() < 0.05:
        del context["targetingKey"]
    return context


def golden_cases(seed: int, flags: int, contexts: int) -> Document:
    """A file of golden cases, with what `bucketing` answers."""
    config = random_config(seed, flags)
    compiled = compile_flagset(flagset_from_document(config))
    cases = []
    for place, context in enumerate(random_contexts(seed, contexts)):
        for key in compiled.served:
            told = compiled.evaluate(key, context, NOW).to_dict()
            expected = {name: value for name, value in told.items() if name not in ("flag", "version", "errorMessage")}
            case = {"id": f"{key}-{place}", "config": "random", "flag": key, "context": context, "now": NOW}
            cases.append({**case, "expected": expected})
    return {"configs": {"random": config}, "cases": cases}


if __name__ == "__main__":
    given = [int(each) for each in sys.argv[1:]]
    seed, flags, contexts = [*given, *(1, 100, 50)[len(given) :]]
    json.dump(golden_cases(seed, flags, contexts), sys.stdout, ensure_ascii=False)
