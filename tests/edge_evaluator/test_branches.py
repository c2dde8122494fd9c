"""A branch is the dictionary that it stands for, and so is each one that it came from."""

from __future__ import annotations

from edge_evaluator.memory import branches
from edge_evaluator.memory.branches import Branch
from hypothesis import given
from hypothesis import strategies as st

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("put"), st.integers(0, 20), st.integers()),
        st.tuples(st.just("drop"), st.integers(0, 20), st.none()),
        st.tuples(st.just("branch"), st.none(), st.none()),
    ),
    max_size=60,
)


@given(STEPS)
def test_a_branch_and_all_before_it_are_what_dictionaries_would_be(steps: list[tuple[str, int, int]]) -> None:
    branch: Branch[int, int] = Branch()
    held: dict[int, int] = {}
    before: list[tuple[Branch[int, int], dict[int, int]]] = []
    for act, key, value in steps:
        if act == "put":
            branch[key] = held[key] = value
        elif act == "drop":
            assert branch.pop(key, None) == held.pop(key, None)
        else:
            before.append((branch, dict(held)))
            branch = branch.branch()
        assert dict(branch) == held
        assert len(branch) == len(held)
        assert all(each in branch and branch[each] == held[each] for each in held)
    for earlier, content in before:
        assert earlier == content


def test_many_changes_are_put_together() -> None:
    branch: Branch[int, int] = Branch()
    for number in range(10 * branches._GROWN):
        branch[number] = number
        branch = branch.branch()
        assert len(branch._changes) <= max(branches._GROWN, len(branch._trunk) // 16)
    assert branch == {each: each for each in range(10 * branches._GROWN)}
