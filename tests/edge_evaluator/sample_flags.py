"""A small configuration with something of everything."""

from __future__ import annotations

from bucketing.flagset import (
    AllOf,
    Comparison,
    ConfigOverride,
    Fixed,
    Flag,
    FlagType,
    InSegment,
    Prerequisite,
    RemoteConfig,
    ResolveMode,
    Rollout,
    Rule,
    Segment,
    Share,
    Target,
)

ON_OFF = {"on": True, "off": False}
HALVES = Rollout((Share("off", 5000), Share("on", 5000)))

SEGMENTS = (Segment("secret-segment", frozenset({"included-user"}), frozenset(), Comparison("plan", "eq", "gold")),)


def boolean(key: str, **changes: object) -> Flag:
    """An enabled boolean flag that serves `on`."""
    given: dict[str, object] = {
        "key": key,
        "type": FlagType.BOOLEAN,
        "variations": ON_OFF,
        "off_variation": "off",
        "default": Fixed("on"),
    }
    return Flag(**(given | changes))  # type: ignore[arg-type]


FLAGS = (
    boolean("plain"),
    boolean("visible", client_visible=True),
    boolean("disabled", enabled=False),
    boolean("archived", archived=True, client_visible=True),
    boolean("half", default=HALVES, client_visible=True),
    boolean("by-company", default=Rollout(HALVES.shares, "company"), client_visible=True),
    boolean(
        "ruled",
        client_visible=True,
        default=Fixed("off"),
        rules=(
            Rule(
                "hidden-rule-id",
                AllOf((Comparison("country", "eq", "US"), InSegment(("secret-segment",)))),
                Fixed("on"),
                "a hidden description",
            ),
        ),
        targets=(Target("hidden-target-user", "on"),),
    ),
    boolean("needs-hidden", client_visible=True, prerequisites=(Prerequisite("disabled", "on"),)),
    boolean("reported", report_exposures=True),
    Flag("greeting", FlagType.STRING, {"hello": "hällo ☃", "bye": "bye"}, "bye", Fixed("hello"), client_visible=True),
    Flag("limit", FlagType.INTEGER, {"low": 1, "high": 2**53 - 1}, "low", Fixed("high"), client_visible=True),
    Flag("ratio", FlagType.NUMBER, {"one": 1, "half": 0.5}, "half", Fixed("one"), client_visible=True),
    Flag("theme", FlagType.OBJECT, {"dark": {"bg": "#000", "n": [1, 2.5, None]}, "none": {}}, "none", Fixed("dark")),
)

BANNER = {"columns": 2, "banner": {"text": "Hällo ☃", "link": "/a"}, "sizes": [1, 2.5, None]}
OVERRIDES = (
    ConfigOverride("gold", InSegment(("secret-segment",)), {"columns": 3, "banner": {"link": None}}),
    ConfigOverride("us", Comparison("country", "eq", "US"), {"sizes": [], "banner": {"text": "Howdy"}}),
)
REMOTE_CONFIGS = (
    RemoteConfig("page", BANNER, overrides=OVERRIDES, client_visible=True, metadata={"owner": "shop"}),
    RemoteConfig("page-merged", BANNER, ResolveMode.MERGE, OVERRIDES, client_visible=True),
    RemoteConfig("page-bounds", {"min": 1}, ResolveMode.MERGE, OVERRIDES, invalid=((0, 1),)),
)
