"""The refusals of a rollout's writes.

Conflict 409
├── WrongState    `rollout_pending`, `rollout_running`, …: what was asked for isn't done in this state
├── TargetTaken   `target_taken`: another rollout moves this share
├── TargetEdited  `target_edited`: somebody else changed what the target serves since
├── TargetGone    `target_gone`: there is no such flag, rule or variation any more, or the flag is archived
├── ShareInRollout  `share_in_rollout`: an edit of a share that belongs to a running rollout
└── (from shares) `nothing_to_roll_out`, `variation_not_first`
"""

from __future__ import annotations

from service_kit.problems import Conflict

from control_plane.rollouts.models import RolloutRow, RolloutState


class WrongState(Conflict):
    def __init__(self, row: RolloutRow, done: str) -> None:
        state = row.state.replace("_", " ")
        super().__init__(f"the rollout {row.key!r} is {state}: it can't be {done} now", code=f"rollout_{row.state}")


class TargetTaken(Conflict):
    default_code = "target_taken"

    def __init__(self, row: RolloutRow, other: RolloutRow) -> None:
        state = "runs" if other.state is RolloutState.RUNNING else f"is {other.state}"
        super().__init__(f"the rollout {other.key!r} moves {row.target} and {state}: end it first")


class TargetEdited(Conflict):
    default_code = "target_edited"

    def __init__(self, row: RolloutRow, editor: str | None) -> None:
        by = f" by {editor}" if editor else ""
        super().__init__(
            f"{row.target} was edited{by} since the rollout last moved it: resume with `take_over` to lay the share "
            "over that, roll back, or cancel"
        )


class TargetGone(Conflict):
    default_code = "target_gone"


class ShareInRollout(Conflict):
    default_code = "share_in_rollout"

    def __init__(self, row: RolloutRow) -> None:
        super().__init__(
            f"what {row.target} serves belongs to the running rollout {row.key!r}: pause it, roll it back or cancel it "
            "to change that; everything else may change meanwhile"
        )
