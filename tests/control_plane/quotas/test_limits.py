"""The setting and the command read limits in one way."""

import re
from pathlib import Path

import pytest
from control_plane.quotas.limits import TERMS, Quota, parse_limits

GUIDE = Path(__file__).resolve().parents[3] / "docs" / "api-guide.md"
_MIB = 1024 * 1024


def test_limits_stand_with_spaces_or_commas_between_them() -> None:
    assert parse_limits("flags=10, members=0\tsdk_keys=7") == {Quota.FLAGS: 10, Quota.MEMBERS: 0, Quota.SDK_KEYS: 7}
    assert parse_limits("") == {}


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("flag=10", "'flag' is no quota"),
        ("flags", "flags must be a whole number"),
        ("flags=", "flags must be a whole number"),
        ("flags=-1", "flags must be a whole number"),
        ("flags=1.5", "flags must be a whole number"),
        ("flags=٣", "flags must be a whole number"),
        ("flags=" + "9" * 5000, "flags must be a whole number"),
        ("sdk_keys=2001", "from 0 to 2000"),
        ("flags=1 flags=2", "flags stands there twice"),
    ],
)
def test_what_is_wrong_is_said(text: str, named: str) -> None:
    with pytest.raises(ValueError, match=named):
        parse_limits(text)


def test_every_quota_has_terms() -> None:
    assert TERMS.keys() == set(Quota)
    assert all(0 < terms.default <= terms.highest for terms in TERMS.values())


def test_the_guide_tells_them() -> None:
    rows = re.findall(
        r"^\| (\w+) \| `(\w+)`[^|]*\| ([\d,]+)( MiB)? \|$", GUIDE.read_text(encoding="utf-8"), re.MULTILINE
    )
    told = {name: (holder, int(number.replace(",", "")) * (_MIB if mib else 1)) for holder, name, number, mib in rows}
    assert told == {quota: (terms.holder, terms.default) for quota, terms in TERMS.items()}
