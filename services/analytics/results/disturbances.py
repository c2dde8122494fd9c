"""What disturbed an experiment while it ran: a warning beside its results, which excludes nothing."""

from __future__ import annotations

from dataclasses import dataclass

from analytics.catalog.disturbances import Disturbance, Effect
from analytics.catalog.entries import Experiment
from analytics.instants import rfc3339
from analytics.results.health import HealthCheck


@dataclass(frozen=True, slots=True, kw_only=True)
class HopDocument:
    entity: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectDocument:
    """`kind`: what is otherwise inside the experiment. `path`: from what has the `fields` that changed to the
    experiment."""

    kind: str
    fields: list[str]
    path: list[HopDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisturbanceDocument:
    """A change that disturbed the experiment. `cause`: `accepted` with a reason, `switched_off`, or `stopped`, another
    experiment."""

    at: str
    cause: str
    reason: str | None
    entity: str
    key: str
    effects: list[EffectDocument]


@dataclass(frozen=True, slots=True, kw_only=True)
class DisturbancesDocument:
    """`marks`: the last of them, the oldest of these first; `total`: of all."""

    total: int
    marks: list[DisturbanceDocument]


def marks_until(experiment: Experiment, shown_at: int) -> tuple[Disturbance, ...]:
    """Those in the experiment's phase of which is known when they were, up to `shown_at` (epoch milliseconds)."""
    start, stop = _phase_start(experiment), experiment.stop_at or shown_at
    return tuple(each for each in experiment.disturbances if start <= each.at <= min(stop, shown_at))


def _phase_start(experiment: Experiment) -> int:
    """0 for the first phase: nothing came before it."""
    return (experiment.start_at or 0) if experiment.phase > 1 else 0


def disturbances_document(experiment: Experiment, shown_at: int) -> DisturbancesDocument:
    marks = marks_until(experiment, shown_at)
    return DisturbancesDocument(
        total=_total(experiment, shown_at),
        marks=[
            DisturbanceDocument(
                at=rfc3339(each.at),
                cause=each.cause,
                reason=each.reason or None,
                entity=each.entity,
                key=each.key,
                effects=[
                    EffectDocument(
                        kind=one.kind,
                        fields=list(one.fields),
                        path=[HopDocument(entity=hop.entity, key=hop.key) for hop in one.path],
                    )
                    for one in each.effects
                ],
            )
            for each in marks
        ],
    )


def _total(experiment: Experiment, shown_at: int) -> int:
    """Those that came before the marks which are known lie before any of them, perhaps in an earlier phase."""
    marks = marks_until(experiment, shown_at)
    if any(each.at < _phase_start(experiment) for each in experiment.disturbances):
        return len(marks)
    return len(marks) + (experiment.earlier_disturbances if marks or not experiment.disturbances else 0)


def disturbances_check(experiment: Experiment, shown_at: int) -> HealthCheck:
    """Whether somebody changed who gets what inside the experiment."""
    marks, total = marks_until(experiment, shown_at), _total(experiment, shown_at)
    finding = "Nothing disturbed it."
    if total:
        times = "once" if total == 1 else f"{total:,} times"
        finding = f"It was disturbed {times} while it ran." + (f" The last: {_told(marks[-1])}" if marks else "")
    return HealthCheck(
        "disturbances",
        "warning" if total else "ok",
        finding,
        "Units before and after such a change are not of one population; nothing was left out for it.",
        "Compare the days before and after it; start a new experiment where the change matters to what is measured.",
    )


def _told(mark: Disturbance) -> str:
    why = f", {mark.cause.replace('_', ' ')}" + (f": {mark.reason}" if mark.reason else "")
    paths = "; ".join(path_told(each) for each in mark.effects)
    return f"{rfc3339(mark.at)} by the {mark.entity} `{mark.key}`" + (f" ({paths})" if paths else "") + why + "."


def path_told(effect: Effect | EffectDocument) -> str:
    """From what was changed to the experiment, in a line."""
    return f"{effect.kind.replace('_', ' ')}: " + " → ".join(f"{hop.entity} {hop.key}" for hop in effect.path)
