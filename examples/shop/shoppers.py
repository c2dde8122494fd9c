"""Customers of the shop who don't exist: where they come from, when they visited, what they did.

Pure, and the same each time: everything follows from the number of the customer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .experiments import UNDER_WAY, ExperimentRow

DAY, MINUTE = 86_400_000, 60_000
DAYS = 21
ORDER_SHARE = 0.1
LOST_SHARE = 0.5
"""Of the phones with the one-page checkout: there it crashed before the exposure was sent."""
CRASHING, CRASHING_ON = "one-page-checkout", "android"
_COUNTRIES = {"DE": 34, "SE": 18, "NO": 12, "DK": 10, "NL": 9, "FI": 7, "FR": 7, "IS": 3}
_CITIES = {
    "SE": ("Stockholm", "Gothenburg", "Malmö"),
    "NO": ("Oslo", "Bergen"),
    "DK": ("Copenhagen", "Aarhus"),
    "FI": ("Helsinki", "Turku"),
    "IS": ("Reykjavik",),
    "DE": ("Berlin", "Hamburg", "Cologne"),
    "NL": ("Amsterdam", "Utrecht"),
    "FR": ("Paris", "Lyon"),
}
_DEVICES = {"desktop": 42, "android": 33, "ios": 20, "tablet": 5}
_TIERS = {"none": 70, "silver": 22, "gold": 8}
_VERSIONS = {"4.2.1": 60, "4.1.0": 30, "3.9.4": 10}
Event = dict[str, Any]


@dataclass(frozen=True)
class Shopper:
    """A customer. `visited_at` in epoch milliseconds."""

    key: str
    attributes: dict[str, Any]
    visited_at: int

    @property
    def context(self) -> dict[str, Any]:
        return {"targetingKey": self.key, **self.attributes}

    @property
    def on_a_phone(self) -> bool:
        return self.attributes["device"] in ("android", "ios")

    @property
    def seen(self) -> dict[str, Any]:
        """What exposures tell of it."""
        return {name: self.attributes[name] for name in ("country", "device", "tier")}

    def chance(self, of: str) -> random.Random:
        """Its own dice for one thing, so that no throw shifts another."""
        return random.Random(f"{self.key}/{of}")


def shopper(number: int, now: int) -> Shopper:
    dice = random.Random(f"shopper/{number}")
    country = _picked(dice, _COUNTRIES)
    attributes: dict[str, Any] = {
        "country": country,
        "city": dice.choice(_CITIES[country]),
        "device": _picked(dice, _DEVICES),
        "tier": _picked(dice, _TIERS),
        "orders": min(int(dice.expovariate(0.25)), 60),
        "beta": dice.random() < 0.06,
    }
    if attributes["device"] != "desktop":
        attributes["app_version"] = _picked(dice, _VERSIONS)
    visited_at = now - 10 * MINUTE - int(dice.random() * (DAYS * DAY - 20 * MINUTE))
    return Shopper(f"customer-{number:05}", attributes, visited_at)


def shoppers(count: int, now: int) -> list[Shopper]:
    return [shopper(number, now) for number in range(1, count + 1)]


def takes_part(one: Shopper, experiment: ExperimentRow, now: int) -> bool:
    """Whether it visited while the experiment ran, and belongs to it."""
    running = experiment.days is not None and one.visited_at >= now - experiment.days * DAY + MINUTE
    return running and experiment.country in (None, one.attributes["country"])


def events_of(one: Shopper, served: Mapping[str, str], now: int) -> tuple[list[Event], list[Event]]:
    """Exposures and what the customer did; `served`: the variation of each flag. Ids follow from the customer, so that
    sending again counts nothing twice."""
    exposures, chance = [], ORDER_SHARE
    for experiment in UNDER_WAY:
        if not takes_part(one, experiment, now) or experiment.flag not in served:
            continue
        variation = served[experiment.flag]
        chance *= experiment.factors.get(variation, 1.0)
        if not is_lost(one, experiment.flag, variation):
            exposures.append(_exposure(one, experiment.flag, variation))
    return exposures, list(_doings(one, chance, served)) if exposures else []


def is_lost(one: Shopper, flag: str, variation: str) -> bool:
    """Whether the page crashed before it could tell what it had shown."""
    crashing = flag == CRASHING and variation == "on" and one.attributes["device"] == CRASHING_ON
    return crashing and one.chance("crash").random() < LOST_SHARE


def _exposure(one: Shopper, flag: str, variation: str) -> Event:
    return {
        "type": "exposure",
        "event_id": f"{one.key}-{flag}",
        "timestamp": one.visited_at,
        "user_key": one.key,
        "flag": flag,
        "variation": variation,
        "config_version": 1,
        "context": one.seen,
    }


def _doings(one: Shopper, chance: float, served: Mapping[str, str]) -> Iterator[Event]:
    dice = one.chance("visit")
    slower = 1.01 if served.get("free-shipping-bar") == "on" else 1.0
    yield _metric(one, "page_load", 1, round(dice.lognormvariate(6.75, 0.35) * slower, 1))
    ordered = dice.random() < chance
    if ordered or dice.random() < 0.18:
        yield _metric(one, "basket_add", 2, float(dice.randint(1, 4)))
    if ordered:
        yield _metric(one, "order_placed", 6, round(dice.lognormvariate(4.1, 0.6), 2))
    if dice.random() < 0.03:
        yield _metric(one, "support_contact", 8, None)


def _metric(one: Shopper, name: str, minutes: int, value: float | None) -> Event:
    event = {
        "type": "metric",
        "event_id": f"{one.key}-{name}",
        "timestamp": one.visited_at + minutes * MINUTE,
        "user_key": one.key,
        "metric": name,
        "properties": {"currency": "EUR"} if name == "order_placed" else {},
    }
    return event if value is None else event | {"value": value}


def _picked(dice: random.Random, weights: Mapping[str, int]) -> str:
    return dice.choices(list(weights), list(weights.values()))[0]
