"""Figures and states as people read them."""

from __future__ import annotations

from dataclasses import replace

from stats import State, Verdict

from analytics.reports.content import Badge, Tone

NOTHING = "–"
_READINGS: dict[State, tuple[str, Tone]] = {
    State.BETTER: ("better", "good"),
    State.WITHIN_MARGIN: ("within margin", "good"),
    State.WORSE: ("worse", "bad"),
    State.UNCLEAR: ("unclear", "unclear"),
    State.TOO_EARLY: ("too early", "waiting"),
    State.NOT_ESTIMABLE: ("not estimable", "plain"),
}
_VERDICTS: dict[Verdict, tuple[str, Tone]] = {
    Verdict.SHIP: ("ship", "good"),
    Verdict.ROLL_BACK: ("roll back", "bad"),
    Verdict.KEEP_RUNNING: ("keep running", "waiting"),
    Verdict.INCONCLUSIVE: ("inconclusive", "unclear"),
    Verdict.UNHEALTHY: ("unhealthy", "bad"),
}
_GUARDED: dict[str, tuple[str, Tone, str]] = {
    "pass": ("holds", "good", "✓"),
    "deteriorated": ("deteriorated", "bad", ""),
    "unclear": ("not proven", "unclear", ""),
    "too_early": ("too early", "waiting", ""),
    "insufficient": ("no test yet", "plain", ""),
}
_CHECKS: dict[str, tuple[Tone, str]] = {
    "ok": ("good", "✓"),
    "warning": ("waiting", "!"),
    "problem": ("bad", "✗"),
    "unknown": ("plain", "?"),
}


def reading_badge(state: State, exploratory: bool = False) -> Badge:
    text, tone = _READINGS[state]
    symbol = "✓" if state is State.WITHIN_MARGIN else ""
    return Badge(text, tone, symbol, below="exploratory" if exploratory else "")


def guarded_reading_badge(state: State, against_control: State | None) -> Badge:
    """A guardrail's, with what the difference from the control says where that is something else."""
    told = against_control in (State.BETTER, State.WORSE) and against_control is not state
    return replace(reading_badge(state), below=f"{against_control} than control" if told else "")


def verdict_badge(verdict: Verdict) -> Badge:
    text, tone = _VERDICTS[verdict]
    return Badge(text, tone, "✗" if verdict is Verdict.UNHEALTHY else "")


def guardrail_badge(state: str) -> Badge:
    text, tone, symbol = _GUARDED[state]
    return Badge(text, tone, symbol)


def check_badge(state: str) -> Badge:
    tone, symbol = _CHECKS[state]
    return Badge(state, tone, symbol)


def spaced(name: str) -> str:
    """A name of the engine as words."""
    return name.replace("_", " ")


def signed(text: str) -> str:
    return text.replace("-", "−")


def number(value: float | None, form: str = ",.5g") -> str:
    return NOTHING if value is None else signed(format(value, form))


def count(value: int | None) -> str:
    return NOTHING if value is None else f"{value:,}"


def percent(value: float | None, form: str = "+.2f") -> str:
    """Of a share; a very large or small one by its leading digits."""
    if value is None:
        return NOTHING
    size = abs(value)
    if size >= 10 or 0 < size < 0.0005:
        form = f"{'+' if form.startswith('+') else ''},.{4 if size >= 10 else 2}g"
    return signed(f"{100 * value:{form}}%")


def probability(value: float | None) -> str:
    if value is None:
        return NOTHING
    return "< 0.0001" if value < 0.0001 else f"{value:.4f}"


def quantity(value: float | None, *, rate: bool) -> str:
    return percent(value, ".2f") if rate else number(value)


def moment(time: str | None) -> str:
    """RFC 3339 to the minute."""
    return NOTHING if time is None else f"{time[:10]} {time[11:16]} UTC"
