"""A flag set whose bulk evaluation must come from the functions of its chunks."""

from bucketing.compiled import CompiledFlagSet
from bucketing.decision import Decision
from bucketing.flagset import FlagSet
from bucketing.programs import Context


class ChunksOnly(CompiledFlagSet):
    """Fails where `evaluate_all` falls back to one flag after the other, other than for what can't be evaluated."""

    __slots__ = ()

    def __init__(self, flagset: FlagSet) -> None:
        super().__init__(flagset)
        for _ in self.prepare():
            pass

    def evaluate(self, flag_key: str, context: Context, now: int) -> Decision:
        assert flag_key in self.failed or flag_key in self.unresolved, f"{flag_key} was decided alone"
        return super().evaluate(flag_key, context, now)
