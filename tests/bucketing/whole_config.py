"""A flag set in which everything that the engine's data has differs from its default."""

from __future__ import annotations

from bucketing.flagset import (
    AllOf,
    AnyOf,
    Comparison,
    ConfigOverride,
    Experiment,
    ExperimentMode,
    Fixed,
    Flag,
    FlagSet,
    FlagType,
    Holdout,
    InSegment,
    LayerSlot,
    Not,
    Prerequisite,
    RemoteConfig,
    ResolveMode,
    Rollout,
    Rule,
    Segment,
    Share,
    Target,
)
from bucketing.long_lists import KeyTable, ListChunk, LongList

_CONDITION = AllOf(
    (
        AnyOf((Comparison("plan", "in", ["pro", 1, 2.5, True]), InSegment(("beta",)))),
        Not(Comparison("company.id", "exists")),
        Comparison("version", "semver_gte", "1.2.0"),
    )
)
_ROLLOUT = Rollout((Share("on", 3333), Share("off", 6667)), "company.id")

_CHUNK = ListChunk(1, KeyTable(["u3"]), KeyTable(["u4"]), 5)
_LONG_LIST = LongList(1, 1, 5, {1: 5}, {1: _CHUNK})

WHOLE = FlagSet(
    salt="salt",
    version=17,
    flags={
        "new-checkout": Flag(
            key="new-checkout",
            type=FlagType.OBJECT,
            variations={"on": {"n": [1, 1.5, None, "ä☃"], "f": 1.0}, "off": []},
            off_variation="off",
            default=_ROLLOUT,
            enabled=False,
            archived=True,
            client_visible=True,
            report_exposures=True,
            prerequisites=(Prerequisite("checkout", "on"),),
            targets=(Target("user-1", "on", 1_767_607_200_000), Target("user-2", "off", override=True)),
            rules=(Rule("us", _CONDITION, _ROLLOUT, "why"), Rule("all", Comparison("a", "exists"), Fixed("on"))),
            version=16,
            description="what it is for",
            exposure_attributes=("country", "address.city"),
            metadata={"owner": "shop", "tier": 1, "share": 0.5, "beta": True},
        )
    },
    segments={"beta": Segment("beta", frozenset({"u1"}), frozenset({"u2"}), _CONDITION, _LONG_LIST)},
    experiments={
        "checkout-test": Experiment(
            key="checkout-test",
            flag="new-checkout",
            mode=ExperimentMode.OBSERVES,
            shares=(Share("on", 5000), Share("off", 5000)),
            start_at=1_767_607_200_000,
            stop_at=1_770_000_000_000,
            traffic=2050,
            audience=_CONDITION,
            bucket_by="company.id",
            slot=LayerSlot("checkout", 0, 5000),
            holdouts=(Holdout("global", 525),),
            phase=2,
            seed="phase:2:checkout-test",
            paused=True,
            patches={"on": {"n": None, "m": {"x": [1]}}},
        )
    },
    remote_configs={
        "checkout-page": RemoteConfig(
            key="checkout-page",
            value={"columns": 2, "banner": {"text": "Hello", "link": None}, "sizes": [1, 2.5]},
            resolve=ResolveMode.MERGE,
            overrides=(
                ConfigOverride("beta", InSegment(("beta",)), {"columns": 3, "banner": None}),
                ConfigOverride("all", _CONDITION, {"banner": {"text": "Hi"}}),
            ),
            invalid=((0, 1),),
            client_visible=True,
            archived=True,
            version=15,
            metadata={"owner": "shop"},
        )
    },
)
