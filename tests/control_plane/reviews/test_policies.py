"""Whose approval counts, and how many are needed: the policy alone, without anything around it."""

from __future__ import annotations

from uuid import UUID

import pytest
from control_plane.reviews.policies import Effect, Opinion, Policy, Rule, counting
from hypothesis import given
from hypothesis import strategies as st

ANNA, BERT, CARL = UUID(int=1), UUID(int=2), UUID(int=3)
SWITCH_ON = Effect("flag_settings", "update", shrinking=False)
SWITCH_OFF = Effect("flag_settings", "update", shrinking=True)
SEGMENT = Effect("segment", "update", shrinking=False)
DELETION = Effect("segment", "delete", shrinking=False)
TWO = Policy(required=True, people=2)
BY_RULES = Policy(
    required=True,
    people=1,
    rules=(
        Rule(frozenset({"segment"}), frozenset({"delete"}), 3),
        Rule(frozenset({"segment"}), frozenset(), 0),
        Rule(frozenset(), frozenset({"start"}), 2),
    ),
)


@pytest.mark.parametrize(
    ("policy", "effects", "people"),
    [
        (Policy(), [SWITCH_ON, DELETION], 0),
        (TWO, [SWITCH_ON], 2),
        (TWO, [SWITCH_OFF], 0),
        (TWO, [SWITCH_OFF, SEGMENT], 2),
        (TWO, [], 0),
        (BY_RULES, [SWITCH_ON], 1),
        (BY_RULES, [SEGMENT], 0),
        (BY_RULES, [DELETION], 3),
        (BY_RULES, [SEGMENT, SWITCH_ON], 1),
        (BY_RULES, [Effect("experiment", "start", shrinking=False)], 2),
        (BY_RULES, [Effect("segment", "delete", shrinking=True)], 0),
    ],
    ids=[
        "not needed",
        "two people",
        "switching off never waits",
        "the most that one edit needs",
        "what changes no answers",
        "no rule fits",
        "a rule that asks for nobody",
        "the first rule that fits",
        "edits of different rules",
        "a rule by action",
        "off goes before rules",
    ],
)
def test_as_many_people_are_needed_as_the_policy_says(policy: Policy, effects: list[Effect], people: int) -> None:
    assert policy.people_for_all(effects) == people


BY_IMPACT = Policy(
    required=True,
    people=1,
    rules=(
        Rule(frozenset({"segment"}), frozenset(), 4, 50),
        Rule(frozenset(), frozenset(), 3, 50),
        Rule(frozenset(), frozenset(), 2, 5),
        Rule(frozenset({"segment"}), frozenset(), 0),
    ),
)


@pytest.mark.parametrize(
    ("effect", "percent", "people"),
    [
        (SWITCH_ON, 0.0, 1),
        (SWITCH_ON, 5.0, 1),
        (SWITCH_ON, 5.001, 2),
        (SWITCH_ON, 80.0, 3),
        (SWITCH_ON, None, 3),
        (SWITCH_OFF, None, 0),
        (SWITCH_OFF, 80.0, 0),
        (SEGMENT, 1.0, 0),
        (SEGMENT, None, 4),
    ],
    ids=[
        "nobody changes",
        "not more than the rule says",
        "more",
        "much more",
        "not known: the strictest that might hold",
        "off never waits, whatever is known",
        "off never waits, whatever it does",
        "a later rule that asks for nobody",
        "not known, and a rule that asks for nobody",
    ],
)
def test_rules_look_at_the_impact(effect: Effect, percent: float | None, people: int) -> None:
    assert BY_IMPACT.people_for(effect, percent) == people


def counted(policy: Policy, *opinions: Opinion, gone: frozenset[UUID] = frozenset()) -> list[UUID]:
    """Of a request at its second revision, written by Anna."""
    return counting(policy, opinions, authors=[ANNA], revision=2, holds_right=lambda person: person not in gone)


def test_an_approval_counts_of_somebody_else_who_saw_these_edits_and_holds_the_right() -> None:
    approved = Opinion(BERT, approves=True, revision=2)
    assert counted(TWO, approved) == [BERT]
    assert counted(TWO, Opinion(BERT, approves=False, revision=2)) == []
    assert counted(TWO, Opinion(BERT, approves=True, revision=1)) == []
    assert counted(TWO, Opinion(ANNA, approves=True, revision=2)) == []
    assert counted(TWO, approved, gone=frozenset({BERT})) == []


def test_a_policy_may_let_authors_and_earlier_approvals_count() -> None:
    own = Policy(required=True, own_approvals=True)
    lasting = Policy(required=True, edits_void_approvals=False)
    assert counted(own, Opinion(ANNA, approves=True, revision=2)) == [ANNA]
    assert counted(own, Opinion(ANNA, approves=True, revision=1)) == []
    assert counted(lasting, Opinion(BERT, approves=True, revision=1)) == [BERT]
    assert counted(lasting, Opinion(ANNA, approves=True, revision=1)) == []


@given(
    st.lists(
        st.builds(Opinion, st.sampled_from([ANNA, BERT, CARL]), st.booleans(), st.integers(1, 2)),
        unique_by=lambda each: each.person,
    ),
    st.sets(st.sampled_from([ANNA, BERT, CARL])),
)
def test_whoever_lost_the_right_never_counts(opinions: list[Opinion], gone: set[UUID]) -> None:
    for own in (True, False):
        for voids in (True, False):
            policy = Policy(required=True, own_approvals=own, edits_void_approvals=voids)
            assert not gone & set(counted(policy, *opinions, gone=frozenset(gone)))
