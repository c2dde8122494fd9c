"""What the edge's benchmarks ask: users, contexts, the order of their keys, and headers that differ as in life.

A request is a template. Its fields are filled with another number each time it is sent: the user where that is a new
one in each request, and the tracing headers where they are. Contexts and key orders differ from template to template.
"""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass

from tests.edge_evaluator.config_writer import SERVER_KEY

SINGLE = "/ofrep/v1/evaluate/flags/flag-00000"
BULK = "/ofrep/v1/evaluate/flags"
NOT_VARIED = (
    "the SDK key",
    "the flag that is asked for alone",
    "connections (32, kept alive)",
    "the names of headers and their order",
    "the attributes of a context (six, flat)",
)
_CONTEXTS = 256
_FIELD = "%016x"
TRACING_LINES = (
    "traceparent: 00-{0}{0}-{0}-01",
    "tracestate: vendor={0}",
    "baggage: session={0},region=eu-central-1",
    "x-request-id: {0}-{0}",
)
_COUNTRIES = ("DE", "FR", "US", "IT", "BR")
_PLANS = ("pro", "team", "free")
_VERSIONS = ("2.11.0", "1.9.3", "2.0.0-beta.1", "3.4.12")
_DOMAINS = ("example.com", "example.org")


@dataclass(frozen=True, slots=True)
class Template:
    """A request whose `fields` numbers are still to be filled in, all with the same one."""

    text: bytes
    fields: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Traffic:
    """`path`: what is asked. `tracing`: `new` in each request, `constant`, or none. `users`: 0 for a new one in each
    request, else so many that come again and again, each with its own context."""

    path: str
    tracing: str = "constant"
    users: int = 0
    headers: tuple[str, ...] = ()

    def templates(self) -> list[Template]:
        chance = random.Random(1)
        return [self._template(number, chance) for number in range(self.users or _CONTEXTS)]

    def _template(self, number: int, chance: random.Random) -> Template:
        user = _FIELD if not self.users else f"{number:016x}"
        body = _body(user, chance)
        value = {"new": _FIELD, "constant": f"{7:016x}"}.get(self.tracing)
        tracing = [line.format(value) for line in TRACING_LINES] if value is not None else []
        lines = [
            f"POST {self.path} HTTP/1.1",
            "Host: localhost",
            "User-Agent: bench/1",
            "Accept: application/json",
            "Content-Type: application/json",
            f"Authorization: Bearer {SERVER_KEY}",
            f"Content-Length: {len(_filled(body))}",
            *tracing,
            *self.headers,
        ]
        text = "\r\n".join(lines) + "\r\n\r\n" + body
        return Template(text.encode(), text.count(_FIELD))


def _body(user: str, chance: random.Random) -> str:
    attributes = {
        "targetingKey": f"user-{user}",
        "country": chance.choice(_COUNTRIES),
        "plan": chance.choice(_PLANS),
        "age": chance.randrange(14, 90),
        "version": chance.choice(_VERSIONS),
        "email": f"{'x' * chance.randrange(3, 12)}@{chance.choice(_DOMAINS)}",
    }
    order = list(attributes)
    chance.shuffle(order)
    return json.dumps({"context": {name: attributes[name] for name in order}}, separators=(",", ":"))


def _filled(text: str) -> str:
    return text.replace(_FIELD, f"{0:016x}")


def requests_of(templates: Sequence[Template]) -> list[bytes]:
    """One request of each template."""
    return [each.text % ((7,) * each.fields) for each in templates]
