"""What a change does to recent units, counted by the engine from the same contexts twice."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest
from analytics.impact import comparison
from analytics.impact.comparison import Change, Comparison
from analytics.impact.sample import Known, Sample, Unit
from analytics.impact.stand_ins import with_stand_ins
from bucketing.flagset import Comparison as Asks
from bucketing.flagset import (
    ConfigOverride,
    Experiment,
    ExperimentMode,
    Fixed,
    Flag,
    FlagSet,
    FlagType,
    InSegment,
    Prerequisite,
    RemoteConfig,
    Rollout,
    Rule,
    Segment,
    Share,
    Target,
)
from bucketing.hashing import bucket
from bucketing.long_lists import LongList, digest_of_chunk, digest_of_chunks
from messages.documents import chunk_document, chunk_of
from messages.generated.impact_pb2 import FlagImpact, ImpactReply

NOW = 1_767_607_200_000
SALT = "salt"


def split(on: int) -> Rollout:
    return Rollout((Share("on", on), Share("off", 10_000 - on)))


def flag(key: str = "checkout", **fields: Any) -> Flag:
    return Flag(
        **{
            "key": key,
            "type": FlagType.BOOLEAN,
            "variations": {"on": True, "off": False},
            "off_variation": "off",
            "default": Fixed("off"),
            **fields,
        }
    )


def of(*entities: Any) -> FlagSet:
    tables: dict[str, dict[str, Any]] = {"flags": {}, "segments": {}, "experiments": {}, "remote_configs": {}}
    names = {Flag: "flags", Segment: "segments", Experiment: "experiments", RemoteConfig: "remote_configs"}
    for each in entities:
        tables[names[type(each)]][each.key] = each
    return FlagSet(SALT, 1, **tables)


def units(count: int = 400, **attributes: Any) -> list[Unit]:
    """Every other one is from Norway."""
    return [
        Unit(
            {"targetingKey": f"u{n}", "country": "NO" if n % 2 else "DE", **attributes},
            frozenset({"checkout"}),
            NOW - 1000 + n,
        )
        for n in range(count)
    ]


def counted(
    before: FlagSet,
    after: FlagSet,
    *,
    sample: list[Unit] | None = None,
    known: dict[str, Any] | None = None,
    **change: Any,
) -> ImpactReply:
    held = Sample(units() if sample is None else sample, 1234, NOW - 5000)
    kinds = {"flag": "flags", "segment": "segments", "experiment": "experiments", "remote_config": "remote_configs"}
    changed = frozenset(
        (kind, key)
        for kind, table in kinds.items()
        for key in getattr(before, table).keys() | getattr(after, table).keys()
        if getattr(before, table).get(key) != getattr(after, table).get(key)
    )
    told: dict[str, Any] = {"carried": (), "carried_by": {}, "hidden": (), "keys": True, "long_lists": True} | (
        known or {}
    )
    return Comparison(
        Change(before=before, after=after, changed=changed, now=NOW, **change),
        held,
        Known(
            held, told["carried"], told["carried_by"], told["hidden"], keys=told["keys"], long_lists=told["long_lists"]
        ),
    ).counted()


def moves(impact: FlagImpact) -> dict[tuple[str, str], int]:
    return {(each.before, each.after): each.units for each in impact.moves}


def test_a_greater_share_moves_those_whose_bucket_it_takes() -> None:
    reply = counted(of(flag(default=split(1000))), of(flag(default=split(3000))))
    expected = sum(1000 <= bucket(SALT, "checkout", f"u{n}") < 3000 for n in range(400))
    (impact,) = reply.flags
    assert moves(impact) == {("off", "on"): expected}
    assert (reply.changed, reply.unknown, reply.units, reply.units_estimated) == (expected, 0, 400, 1234)


def test_what_the_attributes_do_not_tell_is_unknown_and_not_guessed() -> None:
    rule = Rule("pro", Asks("plan", "eq", "pro"), Fixed("on"))
    sample = [*units(10, plan="pro"), *units(10, plan="free"), *units(10)]
    (impact,) = counted(of(flag()), of(flag(rules=(rule,))), sample=sample).flags
    assert moves(impact) == {("off", "on"): 10}
    assert (impact.unknown, list(impact.missing_attributes)) == (10, ["plan"])


@pytest.mark.parametrize(
    ("known", "unknown"),
    [
        ({"carried": ("plan",)}, 5),
        ({"carried_by": {"checkout": frozenset({"plan"})}}, 5),
        ({"carried_by": {"other": frozenset({"plan"})}}, 15),
        ({"carried": ("plan",), "hidden": ("plan",)}, 20),
    ],
    ids=["by the environment", "by the unit's flag", "by another flag", "stored as a stand-in"],
)
def test_who_lacks_an_attribute_that_exposures_carry_is_known_to_lack_it(known: dict[str, Any], unknown: int) -> None:
    """But for those who were seen before any exposure carried it."""
    rule = Rule("pro", Asks("plan", "eq", "pro"), Fixed("on"))
    early = [replace(each, at=NOW - 2000) for each in units(5)]
    sample = [*early, *units(5, plan="pro"), *units(10)]
    (impact,) = counted(of(flag()), of(flag(rules=(rule,))), sample=sample, known=known).flags
    assert impact.unknown == unknown


def test_flags_that_name_what_changes_are_concerned_through_any_number_of_hops() -> None:
    def environment(country: str) -> FlagSet:
        return of(
            Segment("north", condition=Asks("country", "eq", country)),
            Segment("beta", condition=InSegment(("north",))),
            flag("base", rules=(Rule("r", InSegment(("beta",)), Fixed("on")),)),
            flag("upon", prerequisites=(Prerequisite("base", "on"),), default=Fixed("on")),
            flag("apart"),
            RemoteConfig("shop", {"a": 1}, overrides=(ConfigOverride("o", InSegment(("beta",)), {"a": 2}),)),
        )

    reply = counted(environment("NO"), environment("DE"))
    assert [each.key for each in reply.flags] == ["base", "shop", "upon"]
    assert {each.changed for each in reply.flags} == {400} == {reply.changed}
    told = {each.key: (each.before, each.after, each.entered, each.left, each.changed) for each in reply.segments}
    assert told == {"beta": (200, 200, 200, 200, 400), "north": (200, 200, 200, 200, 400)}


def test_an_experiment_wins_and_loses_units() -> None:
    def running(country: str) -> Experiment:
        shares = (Share("on", 5000), Share("off", 5000))
        return Experiment(
            "try", "checkout", ExperimentMode.ASSIGNS, shares, start_at=1, audience=Asks("country", "eq", country)
        )

    reply = counted(of(flag(), running("NO")), of(flag(), running("DE")))
    (experiment,) = reply.experiments
    assert (experiment.before, experiment.after, experiment.won, experiment.lost) == (200, 200, 200, 200)


def test_a_segment_is_measured_also_where_nothing_changes() -> None:
    held = of(Segment("north", frozenset({"u0"}), condition=Asks("country", "eq", "NO")))
    (size,) = counted(held, held, segments=("north",)).segments
    assert (size.before, size.after, size.unknown) == (201, 201, 0)
    (unknown,) = counted(held, held, segments=("north",), known={"keys": False}).segments
    assert (unknown.before, unknown.unknown) == (0, 400)


def test_long_lists_are_looked_into_where_they_are_whole_and_comparable() -> None:
    document = chunk_document(1, ["u1", "u2"], [])
    listed = LongList(included=2, excluded=0, digest=digest_of_chunks([digest_of_chunk(document)]))
    whole = listed.with_chunks({1: chunk_of(document)})
    held = of(flag())
    for long_list, known, told in (
        (whole, {}, (2, 0)),
        (whole, {"long_lists": False}, (0, 400)),
        (listed, {}, (0, 400)),
    ):
        vip = Segment("vip", long_list=long_list)
        reply = counted(held, of(flag(rules=(Rule("r", InSegment(("vip",)), Fixed("on")),)), vip), known=known)
        (impact,) = reply.flags
        assert (impact.changed, impact.unknown) == told


def test_listed_keys_are_found_among_stand_ins() -> None:
    held = of(flag(targets=(Target("u1", "on"),)), Segment("vip", frozenset({"u2"})))
    stored = [replace(each, context={**each.context, "targetingKey": f"hidden {each.key}"}) for each in units(4)]
    after = with_stand_ins(held, "hidden {}".format)
    reply = counted(with_stand_ins(of(flag()), "hidden {}".format), after, sample=stored, segments=("vip",))
    assert moves(reply.flags[0]) == {("off", "on"): 1}
    assert reply.segments[0].after == 1


def test_examples_are_explained_before_and_after_one_of_each_pair_first() -> None:
    before = of(flag("a", default=split(5000)), flag("b"))
    after = of(flag("a", default=Rollout((Share("off", 5000), Share("on", 5000)))), flag("b", default=Fixed("on")))
    reply = counted(before, after, examples_max=4)
    pairs = [(each.flag, each.before, each.after) for each in reply.examples]
    assert sorted(pairs[:3]) == [("a", "off", "on"), ("a", "on", "off"), ("b", "off", "on")]
    assert len(pairs) == 4
    for each in reply.examples:
        told = [msgspec.json.decode(text)["decision"] for text in (each.explanation_before, each.explanation_after)]
        assert [one["variation"] for one in told] == [each.before, each.after]
        assert f'"salt":"{SALT}"' not in each.explanation_after.decode()


def test_flags_come_and_go_and_values_change() -> None:
    gone, made = flag("gone"), flag("made")
    was, becomes = (flag("other", type=FlagType.STRING, variations={"on": "a", "off": text}) for text in "bc")
    reply = counted(of(gone, was), of(made, becomes))
    told = {each.key: moves(each) for each in reply.flags}
    assert told == {"gone": {("off", ""): 400}, "made": {("", "off"): 400}, "other": {("off", "off"): 400}}


def test_many_flags_are_held_against_fewer_units(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(comparison, "ANSWERS_MAX", 1000)
    monkeypatch.setattr(comparison, "UNITS_MIN", 10)
    before = of(*(flag(f"f{n}") for n in range(10)))
    after = of(*(flag(f"f{n}", default=Fixed("on")) for n in range(10)))
    reply = counted(before, after)
    assert (reply.units, reply.changed) == (100, 100)
