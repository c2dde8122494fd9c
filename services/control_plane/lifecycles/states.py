"""How far a flag has come in an environment, and whether it can go: a pure rule over what is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from messages.generated.usage_pb2 import EnvironmentUsage, FlagUsage

from control_plane.flags.queries import FlagStanding, LifecycleState, Purpose
from control_plane.lifecycles.evidence import Unanswered

TOLD_WITHIN = timedelta(days=1)
"""Usage that was told longer ago says nothing about now."""


class Outcome(StrEnum):
    """What a check came to."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "unknown"
    NOT_CHECKED = "not_checked"


@dataclass(frozen=True, slots=True)
class FlagExperiment:
    """An experiment on the flag in one environment. `ended_at`: None while it has not ended."""

    key: str
    status: str
    ended_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagThere:
    """A flag in one environment. `changed_at`: its settings; `usage`: what was told there, or why nothing is known."""

    environment: str
    archived: bool
    purpose: Purpose = Purpose.RELEASE
    expected_end: date | None = None
    created_at: datetime
    changed_at: datetime
    experiments: Sequence[FlagExperiment] = ()
    usage: EnvironmentUsage | Unanswered


@dataclass(frozen=True, slots=True)
class Standing:
    """A state with its reason: a code and a sentence. `named_at`: when the flag was asked for by name last, `bulk_at`:
    when it was in a bulk answer last; None: never, or not known. `variations`: evaluations by variation."""

    state: LifecycleState
    reason: str
    detail: str
    named_at: datetime | None = None
    bulk_at: datetime | None = None
    last_sdk: str | None = None
    variations: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Check:
    """Something that stands in the way of removing a flag, or does not."""

    check: str
    outcome: Outcome
    detail: str


def standing_of(there: FlagThere, key: str, days: int, now: datetime) -> Standing:
    """`days`: for how long something must have been so. After the flag's expected end the detail says what the state
    would be else."""
    found = _standing_by_use(there, key, days, now)
    if there.archived or not _is_past(there.expected_end, now):
        return found
    detail = f"expected to be needed until {there.expected_end}; {found.state.value}: {found.detail}"
    return replace(found, state=LifecycleState.OVERDUE, reason="past_expected_end", detail=detail)


def _standing_by_use(there: FlagThere, key: str, days: int, now: datetime) -> Standing:
    usage = there.usage
    if isinstance(usage, Unanswered):
        return Standing(LifecycleState.UNKNOWN, usage.code, usage.detail)
    flag = next((each for each in usage.flags if each.key == key), FlagUsage())
    named_at, bulk_at = _moment(flag.named_at), _moment(flag.bulk_at)
    variations = {each.variation: each.named + each.in_bulk for each in flag.variations}
    state, reason, detail = _state(there, usage, (named_at, bulk_at), sorted(variations), timedelta(days=days), now)
    return Standing(state, reason, detail, named_at, bulk_at, flag.last_sdk or None, variations)


def _state(
    there: FlagThere,
    usage: EnvironmentUsage,
    asked: tuple[datetime | None, datetime | None],
    variations: Sequence[str],
    period: timedelta,
    now: datetime,
) -> tuple[LifecycleState, str, str]:
    named_at = asked[0]
    begin, days = now - period, period.days
    if there.archived:
        if named_at is not None and named_at >= begin:
            detail = f"archived, and asked for by name until {_day(named_at)}: it is served as disabled"
            return LifecycleState.ARCHIVED_IN_USE, "asked_for", detail
        return LifecycleState.ARCHIVED, "archived", f"archived, and not asked for by name in {days} days"
    lack = _lack(usage, begin, now)
    last = max((each for each in asked if each is not None), default=None)
    if last is None:
        if there.created_at >= begin:
            return LifecycleState.NEW, "never_evaluated", f"made on {_day(there.created_at)}, and not evaluated yet"
        return lack or (LifecycleState.STALE, "never_evaluated", "never evaluated, as far as usage is kept")
    if last < begin:
        return lack or (LifecycleState.STALE, "not_evaluated", f"not evaluated since {_day(last)}")
    under_way = [each for each in there.experiments if each.ended_at is None]
    ended = sorted((each.ended_at, each.key) for each in there.experiments if each.ended_at is not None)
    if ended and not under_way and ended[-1][0] < begin and not there.purpose.stays:
        detail = f"its experiment {ended[-1][1]} ended on {_day(ended[-1][0])}, and none is under way"
        return LifecycleState.STALE, "experiment_ended", detail
    if len(variations) == 1 and not under_way:
        settled = there.changed_at < begin and there.created_at < begin and lack is None
        if settled and not there.purpose.stays:
            detail = f"nothing but {variations[0]!r} was served in {days} days, and nobody changed it"
            return LifecycleState.STALE, "one_variation", detail
        detail = f"nothing but {variations[0]!r} is served; changed last on {_day(there.changed_at)}"
        return LifecycleState.LAUNCHED, "one_variation", detail
    if named_at is None or named_at < begin:
        detail = "in bulk answers alone, which don't say whether anybody reads it"
        return LifecycleState.LIVE, "in_bulk_only", detail
    return LifecycleState.LIVE, "evaluated", f"evaluated by name until {_day(named_at)}"


def _lack(usage: EnvironmentUsage, begin: datetime, now: datetime) -> tuple[LifecycleState, str, str] | None:
    """Why what was not told says nothing, None where it does."""
    begun, until = _moment(usage.recorded_from), _moment(usage.recorded_until)
    if begun is None or until is None:
        return LifecycleState.UNKNOWN, "no_usage", "no edge and no SDK has told of its usage here"
    if until < now - TOLD_WITHIN:
        return LifecycleState.UNKNOWN, "usage_ended", f"no usage has been told here since {_day(until)}"
    if begun > begin:
        return LifecycleState.UNKNOWN, "usage_too_young", f"usage has been told here only since {_day(begun)}"
    return None


def evaluation_check(key: str, there: Sequence[FlagThere], days: int, now: datetime) -> Check:
    """Whether the flag was evaluated anywhere lately, by name or in bulk."""
    begin = now - timedelta(days=days)
    unknown: list[str] = []
    for each in there:
        usage = each.usage
        if isinstance(usage, Unanswered):
            unknown.append(f"{each.environment}: {usage.detail}")
            continue
        flag = next((found for found in usage.flags if found.key == key), FlagUsage())
        for asked, how in ((flag.named_at, "by name"), (0 if each.archived else flag.bulk_at, "in bulk")):
            moment = _moment(asked)
            if moment is not None and moment >= begin:
                detail = f"evaluated {how} in {each.environment} until {_day(moment)}"
                return Check("not_evaluated", Outcome.FAILED, detail)
        if lack := _lack(usage, begin, now):
            unknown.append(f"{each.environment}: {lack[2]}")
    if unknown:
        return Check("not_evaluated", Outcome.UNKNOWN, "; ".join(unknown))
    return Check("not_evaluated", Outcome.PASSED, f"not evaluated in any environment in {days} days")


def need_check(flag: FlagStanding, now: datetime) -> Check:
    """Whether people say that the flag is needed: by its purpose and its expected end."""
    end, purpose = flag.expected_end, flag.purpose.value
    if flag.archived:
        return Check("not_needed", Outcome.PASSED, "it is archived")
    if _is_past(end, now):
        return Check("not_needed", Outcome.PASSED, f"{purpose} flag, expected to be needed until {end}, which is past")
    if end is not None:
        return Check("not_needed", Outcome.FAILED, f"{purpose} flag, expected to be needed until {end}")
    if flag.purpose.stays:
        return Check("not_needed", Outcome.FAILED, f"{purpose} flag, made to stay, without an expected end")
    return Check("not_needed", Outcome.PASSED, f"{purpose} flag, without an expected end")


def dependents_check(check: str, dependents: Sequence[str], none: str) -> Check:
    if dependents:
        return Check(check, Outcome.FAILED, f"used by {', '.join(dependents[:10])}")
    return Check(check, Outcome.PASSED, none)


CODE_REFERENCES = Check("no_code_references", Outcome.NOT_CHECKED, "nothing here has looked into your code: search it")


def safe_to_remove(checks: Sequence[Check]) -> bool | None:
    """None: it is not known."""
    outcomes = {each.outcome for each in checks}
    if Outcome.FAILED in outcomes:
        return False
    return None if Outcome.UNKNOWN in outcomes else True


def _moment(seconds: int) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _is_past(expected_end: date | None, now: datetime) -> bool:
    """The day itself belongs to it, in UTC."""
    return expected_end is not None and now.astimezone(UTC).date() > expected_end


def _day(moment: datetime) -> str:
    return moment.astimezone(UTC).date().isoformat()
