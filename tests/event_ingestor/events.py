"""Events as clients send them."""

from __future__ import annotations

import json
from typing import Any

import msgspec
from event_ingestor.admission.events import AdmissionRules, AdmittedEvents, admit

NOW = 1_767_607_200_000
"""2026-01-05T10:00:00Z."""
RULES = AdmissionRules(NOW)


def exposure(**changes: Any) -> dict[str, Any]:
    """A complete exposure; a change to `...` leaves the field out."""
    event = {
        "type": "exposure",
        "event_id": "e-1",
        "timestamp": "2026-01-05T10:00:00Z",
        "user_key": "u1",
        "flag": "new-checkout",
        "variation": "on",
        "experiment": "checkout-test",
        "config_version": 17,
        "context": {"country": "US"},
    }
    return {name: value for name, value in (event | changes).items() if value is not ...}


def metric(**changes: Any) -> dict[str, Any]:
    event = {
        "type": "metric",
        "event_id": "e-2",
        "timestamp": "2026-01-05T10:00:00Z",
        "user_key": "u1",
        "metric": "purchase",
        "value": 12.5,
        "properties": {"currency": "EUR"},
    }
    return {name: value for name, value in (event | changes).items() if value is not ...}


def usage(**changes: Any) -> dict[str, Any]:
    event = {
        "type": "usage",
        "event_id": "e-3",
        "timestamp": "2026-01-05T10:00:00Z",
        "counts": [{"flag": "new-checkout", "variation": "on", "reason": "STATIC", "sdk": "node/1.0", "count": 7}],
    }
    return {name: value for name, value in (event | changes).items() if value is not ...}


def usage_of(**changes: Any) -> dict[str, Any]:
    """With one count."""
    count = {"flag": "f", "variation": "on", "reason": "STATIC", "count": 1} | changes
    return usage(counts=[{name: value for name, value in count.items() if value is not ...}])


def judged(*events: Any, rules: AdmissionRules = RULES) -> AdmittedEvents:
    return admit(json.dumps(events).encode(), rules)


def receipt(answer: Any) -> dict[str, Any]:
    """A receipt's answer without its warnings: of environments in which nothing but keys was made."""
    return {name: each for name, each in answer.json().items() if name != "warnings"}


def lines_of(admission: AdmittedEvents) -> list[dict[str, Any]]:
    """Every accepted line, exposures first."""
    return [
        msgspec.json.decode(line) for line in (admission.exposures + admission.metrics + admission.usage).splitlines()
    ]


def codes(admission: AdmittedEvents) -> list[tuple[int, str]]:
    return [(each.index, each.code) for each in admission.rejected]
