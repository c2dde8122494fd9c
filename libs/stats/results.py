"""Results of an analysis: plain frozen data, every number either finite or None with a status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stats.comparison.omnibus import Omnibus
from stats.effects import Difference, FixedHorizon, Lift
from stats.metrics import Look, Memory
from stats.sequential.results import SequentialResult
from stats.statuses import Notice, Status


@dataclass(frozen=True, slots=True)
class ArmResult:
    """One arm as shown: units, mean (rate, ratio, quantile) and its own interval at 1 − alpha.

    `se` is the standard error of the mean; for CUPED all of it is the adjusted mean.
    """

    arm: str
    n: int
    mean: float | None
    se: float | None
    lower: float | None
    upper: float | None


@dataclass(frozen=True, slots=True)
class CupedBlock:
    """What the covariates did, and the result without them.

    theta: one coefficient per covariate; `variance_reduction` is 1 − (adjusted se / unadjusted se)²;
    `balance_p` tests that the covariates are balanced before the start (small: look for a cause);
    `history_share` is the share of units with history, None if not told.
    """

    applied: bool
    reason: str | None
    covariates: tuple[str, ...]
    theta: tuple[float, ...]
    variance_reduction: float | None
    balance_p: float | None
    history_share: float | None
    unadjusted: FixedHorizon | None


@dataclass(frozen=True, slots=True)
class WinsorBlock:
    """The caps at pooled percentiles, the share of units that they cut, and the result without them.

    `lower_percentile` and `floor` are None without a cap from below; `of` says whose percentiles: those of `all`
    units' values, or of the `nonzero` ones.
    """

    percentile: float
    cap: float
    share_capped: float
    uncapped: FixedHorizon | None
    lower_percentile: float | None = None
    floor: float | None = None
    of: str = "all"


@dataclass(frozen=True, slots=True)
class GuardrailBlock:
    """Non-inferiority against a margin, read as the plan's mode reads.

    state: `pass` (not worse than the margin, proven by the mode), `deteriorated` (worse, proven by the watch),
    `unclear` (neither is proven), `too_early` (the plan has not decided yet), `insufficient` (no test is possible).
    `p_value` is the mode's one-sided p of "worse than the margin", `bound` its confidence bound on the side of
    harm. `deterioration_p` is the always-valid one-sided p of "not worse than the control", which `deterioration_alpha`
    judges in every mode. `power` is the chance to pass at the planned size, if the treatment changes nothing.
    """

    state: str
    margin: float
    margin_kind: str
    method: str
    statistic: float | None
    df: float | None
    p_value: float | None
    bound: float | None
    deterioration_p: float | None
    deterioration_alpha: float
    power: float | None
    rule: str


@dataclass(frozen=True, slots=True)
class MdeBlock:
    """The smallest true effect that this many units find with the given power."""

    absolute: float | None
    relative: float | None
    power: float
    alpha: float
    method: str


@dataclass(frozen=True, slots=True)
class BayesBlock:
    """A second view with its prior stated; peeking is not controlled by it, and `caution` says so.

    `chance_to_win` is the probability that the treatment is better in the metric's direction; losses and
    the credible interval are in the unit that `scale` names (`rate_difference` or `lift`).
    """

    method: str
    prior: str
    scale: str
    chance_to_win: float
    expected_loss_treatment: float
    expected_loss_control: float
    lower: float
    upper: float
    caution: str


@dataclass(frozen=True, slots=True)
class LookState:
    """Where this analysis stands among the planned looks of the mode `group`.

    `official`: it is a look itself, and `taken` belongs to the history from now on. Else it is a reading between
    looks, and `taken` is the last look (None before the first), whose result stands. `number` counts the looks taken;
    after the `final` one there is none. `next_look_units`: at how many units of the comparison the next look is due.
    """

    official: bool
    number: int
    planned: int
    final: bool
    next_look_units: int | None
    taken: Look | None


@dataclass(frozen=True, slots=True)
class Comparison:
    """One treatment against the control.

    `p_value`, `log10_p`, `difference` and `lift` are those that the plan's mode decides by (`decided_by`): they hold
    however often the result is read. What a single look at all units would say is apart, in `fixed_horizon`.
    `complete`: the plan's size is reached, so that no later reading decides otherwise. `memory` belongs into the
    options of the next analysis.
    """

    arm: str
    control: str
    status: Status
    explanation: str
    n_treatment: int
    n_control: int
    alpha: float
    p_value: float | None
    log10_p: float | None
    difference: Difference
    lift: Lift
    fixed_horizon: FixedHorizon
    decided_by: str
    complete: bool
    sequential: SequentialResult | None = None
    look: LookState | None = None
    memory: Memory | None = None
    cuped: CupedBlock | None = None
    winsor: WinsorBlock | None = None
    guardrail: GuardrailBlock | None = None
    mde: MdeBlock | None = None
    bayes: BayesBlock | None = None
    p_many_to_one: float | None = None
    warnings: tuple[Notice, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricResult:
    """Everything about one metric; `inputs` and `engine_version` are enough to compute it again."""

    metric: str
    kind: str
    status: Status
    explanation: str
    control: str
    arms: tuple[ArmResult, ...]
    comparisons: tuple[Comparison, ...]
    omnibus: Omnibus | None
    alpha: float
    mode: str
    direction: str
    engine_version: str
    is_guardrail: bool = False
    invalid_field: str | None = None
    warnings: tuple[Notice, ...] = ()
    inputs: Mapping[str, object] = field(default_factory=dict)
    name: str = ""

    @property
    def called(self) -> str:
        """What sentences call the metric: by its key where nobody gave it a name."""
        return self.name or self.metric

    def comparison(self, arm: str) -> Comparison:
        """The comparison of this treatment arm; KeyError if there is none."""
        for candidate in self.comparisons:
            if candidate.arm == arm:
                return candidate
        raise KeyError(arm)
