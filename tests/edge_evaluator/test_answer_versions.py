"""Versions of answers, as a graph: each flag has the highest version of all that it depends on, over any changes."""

from __future__ import annotations

from collections.abc import Mapping

from edge_evaluator.memory.answer_versions import AnswerVersions, Entity, Stamp
from hypothesis import given
from hypothesis import strategies as st

ENTITIES: list[Entity] = [(kind, key) for kind in ("flag", "segment", "experiment") for key in "abcd"]
entities = st.sampled_from(ENTITIES)


@st.composite
def stamps(draw: st.DrawFn, entity: Entity) -> Stamp | None:
    """Also ones with circles, and with edges to what is not there. Of a flag's experiment, the experiment says."""
    if draw(st.integers(0, 4)) == 0:
        return None
    kinds = ("flag", "segment") if entity[0] == "flag" else ("segment",)
    used = draw(st.sets(entities.filter(lambda each: each[0] in kinds), max_size=3))
    edges = {(entity, each) for each in used}
    if entity[0] == "experiment":
        edges.add((draw(entities.filter(lambda each: each[0] == "flag")), entity))
    return Stamp(draw(st.integers(1, 99)), draw(st.integers(1, 9)), tuple(sorted(edges)))


changes = entities.flatmap(lambda entity: st.tuples(st.just(entity), stamps(entity)))


def expected(held: Mapping[Entity, Stamp], flag: str) -> int:
    if ("flag", flag) not in held:
        return 0
    edges = [edge for stamp in held.values() for edge in stamp.edges]
    reached, waiting = set(), [("flag", flag)]
    while waiting:
        entity = waiting.pop()
        if entity not in reached:
            reached.add(entity)
            waiting += [used for user, used in edges if user == entity]
    return max(held[each].version for each in reached if each in held)


@given(
    st.lists(
        st.dictionaries(entities, st.none(), max_size=4).flatmap(
            lambda some: st.fixed_dictionaries({entity: stamps(entity) for entity in some})
        ),
        max_size=6,
    )
)
def test_a_version_is_that_of_the_last_change_behind_it(updates: list[dict[Entity, Stamp | None]]) -> None:
    versions, held = AnswerVersions(), dict[Entity, Stamp]()
    for update in updates:
        before = versions
        versions, affected = before.updated(update)
        for entity, stamp in update.items():
            held.pop(entity, None)
            if stamp is not None:
                held[entity] = stamp
        found = {key: versions.of(key) for key in "abcd"}
        assert found == {key: expected(held, key) for key in "abcd"}
        assert versions.documents == sum(stamp.document for stamp in held.values())
        moved = {("flag", key) for key in "abcd" if versions.of(key) != before.of(key)}
        assert moved <= affected
    anew, _ = AnswerVersions().updated(held)
    assert [anew.of(key) for key in "abcd"] == [versions.of(key) for key in "abcd"]


def test_many_flags_of_one_segment_are_read_in_no_time() -> None:
    segment: Entity = ("segment", "s")
    all_flags: dict[Entity, Stamp | None] = {
        ("flag", str(number)): Stamp(1, 0, ((("flag", str(number)), segment),)) for number in range(20_000)
    }
    versions, affected = AnswerVersions().updated({segment: Stamp(7), **all_flags})
    assert {versions.of(str(number)) for number in range(20_000)} == {7}
    assert len(affected) == 20_001
