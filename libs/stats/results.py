"""Results of an analysis: plain frozen data, every number either finite or None with a status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from stats.comparison.lift import SetKind
from stats.comparison.omnibus import Omnibus
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
class Difference:
    """Treatment minus control in the metric's unit, with the fixed-horizon interval at 1 − alpha."""

    estimate: float | None = None
    se: float | None = None
    lower: float | None = None
    upper: float | None = None
    interval_method: str | None = None


@dataclass(frozen=True, slots=True)
class Test:
    """The fixed-horizon test of no difference. `df` None means the normal distribution.

    `statistic_name` is `chi_square` (with df 1), `z` or `t`; it is None for Fisher's exact test.
    """

    __test__ = False

    method: str
    statistic_name: str | None = None
    statistic: float | None = None
    df: float | None = None
    p_value: float | None = None
    log10_p: float | None = None


@dataclass(frozen=True, slots=True)
class Lift:
    """The relative difference (0.05 is +5 %) with its confidence set, and the delta interval beside it.

    `method` is `fieller`, or for two rates `score`: the same inversion with the variance under the hypothesis.
    `kind` tells the set's shape: `interval` has lower and upper; `complement` is everything outside
    `excluded`; `all_reals` has no bound. `denominator` is `control_mean`, or `absolute_control_mean` when
    the baseline is negative.
    """

    status: Status
    estimate: float | None = None
    kind: SetKind | None = None
    lower: float | None = None
    upper: float | None = None
    excluded: tuple[float, float] | None = None
    g: float | None = None
    delta_lower: float | None = None
    delta_upper: float | None = None
    denominator: str = "control_mean"
    method: str = "fieller"


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
    unadjusted: Comparison | None


@dataclass(frozen=True, slots=True)
class WinsorBlock:
    """The cap at a pooled percentile, the share of units above it, and the result without the cap."""

    percentile: float
    cap: float
    share_capped: float
    uncapped: Comparison | None


@dataclass(frozen=True, slots=True)
class GuardrailBlock:
    """Non-inferiority against a margin. state: pass, inconclusive, deteriorated or insufficient.

    `deterioration` is the sequential evidence behind the state `deteriorated`; `p_value` the one-sided
    fixed-horizon p of "not worse than the margin"; `bound` the confidence bound on the side of harm.
    """

    state: str
    margin: float
    margin_kind: str
    statistic: float | None
    df: float | None
    p_value: float | None
    bound: float | None
    deterioration_p: float | None
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
class Comparison:
    """One treatment against the control. `significant` follows the analysis mode (`decided_by`)."""

    arm: str
    control: str
    status: Status
    explanation: str
    n_treatment: int
    n_control: int
    alpha: float
    difference: Difference
    test: Test
    lift: Lift
    significant: bool | None
    decided_by: str
    sequential: SequentialResult | None = None
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

    def comparison(self, arm: str) -> Comparison:
        """The comparison of this treatment arm; KeyError if there is none."""
        for candidate in self.comparisons:
            if candidate.arm == arm:
                return candidate
        raise KeyError(arm)
