"""A day of random edits at a control plane, drawn with a seed, and what was compiled after each of them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any
from uuid import UUID

from bucketing import CompiledFlagSet, compile_flagset
from bucketing.flagset import FlagSet
from control_plane.database import Database
from control_plane.publishing.compiler import Compiler
from messages.documents import experiment_of, flag_of, is_in_force, segment_of
from messages.generated import config_pb2 as pb
from service_kit.clock import ManualClock

from tests.control_plane.conftest import Api

FLAGS, SEGMENTS, EXPERIMENTS = ("one", "two", "three"), ("beta", "staff"), ("first", "second")
VARIATIONS = [{"key": key, "value": {"shown": key, "at": [1, 1.5]}, "name": key} for key in ("a", "b", "c")]
EQUAL_WEIGHTS = [{"key": "a", "weight": 50}, {"key": "b", "weight": 50}]
HALVES = {"rollout": {"variations": EQUAL_WEIGHTS}}
CONTEXTS = [{"targetingKey": f"u{number}", "plan": plan} for number in range(6) for plan in ("pro", "free")]


async def compiled_now(database: Database, environment_id: UUID) -> CompiledFlagSet:
    """What an edge would hold, read from the bytes that it would get."""
    compiled = await Compiler(database).compile(environment_id)
    assert compiled is not None
    assert not compiled.invalid
    messages = [pb.ConfigMessage.FromString(each) for each in compiled.entries.values()]
    by_kind: dict[str, list[pb.ConfigMessage]] = {}
    for message in messages:
        by_kind.setdefault(message.WhichOneof("content") or "", []).append(message)
    [environment] = by_kind["environment"]
    in_force = [each.experiment for each in by_kind.get("experiment", []) if is_in_force(each.experiment)]
    return compile_flagset(
        FlagSet(
            salt=environment.environment.salt,
            version=compiled.version,
            flags={flag.key: flag for flag in map(flag_of, by_kind.get("flag", []))},
            segments={segment.key: segment for segment in map(segment_of, by_kind.get("segment", []))},
            experiments={each.key: each for each in map(experiment_of, in_force)},
        )
    )


@dataclass(frozen=True, slots=True)
class Moment:
    """What was answered at a time, for each flag that there was and each context."""

    at: int
    version: int
    decisions: Mapping[str, list[dict[str, Any]]]


@dataclass
class PastDay:
    """Somebody who edits at random, as far as the API lets them."""

    api: Api
    project: str
    database: Database
    environment_id: UUID
    clock: ManualClock
    random: Random
    done: list[str] = field(default_factory=list)

    async def begin(self) -> None:
        """What every day has, whatever is drawn: a rule that matches, an experiment on halves, a flag that is off."""
        new = {"type": "object", "variations": VARIATIONS, "off_variation": "a"}
        first = {"key": "first", "environment": "production", "flag": "two", "variations": EQUAL_WEIGHTS}
        rules = [{"if": {"segment": "beta"}, "then": {"variation": "c"}}]
        for path, body in (
            ("segments", {"key": "beta", "included": ["u1"]}),
            ("flags", {**new, "key": "one", "default": {"variation": "a"}}),
            ("flags", {**new, "key": "two", "default": HALVES}),
            ("flags", {**new, "key": "three", "default": {"variation": "b"}}),
            ("experiments", first),
            ("experiments/first/start", None),
        ):
            await self.api.ok("POST", f"{self.project}/{path}", body)
        for flag, changes in (("one", {"enabled": True, "rules": rules}), ("two", {"enabled": True})):
            path = f"{self.project}/flags/{flag}/environments/production"
            await self.api.changed("PATCH", path, changes)

    async def edit(self) -> None:
        """One edit that was taken; what is refused is drawn again."""
        for _ in range(50):
            method, path, body = self._drawn()
            headers = {}
            if method == "PATCH":
                found = await self.api("GET", f"{self.project}/{path}")
                headers = {"If-Match": found.headers.get("etag", '"1"')}
            answer = await self.api(method, f"{self.project}/{path}", body, headers=headers)
            assert answer.status_code < 500, answer.text
            if answer.is_success:
                self.done.append(f"{method} {path} {body}")
                return
        raise AssertionError("nothing that was drawn is possible")

    async def moment(self) -> Moment:
        compiled = await compiled_now(self.database, self.environment_id)
        at = self.clock.now()
        decisions = {
            flag: [compiled.evaluate(flag, dict(context), at).to_dict() for context in CONTEXTS]
            for flag in compiled.flagset.flags
        }
        return Moment(at, compiled.version, decisions)

    def _drawn(self) -> tuple[str, str, Any]:
        draw = self.random.choice
        flag, segment, experiment = draw(FLAGS), draw(SEGMENTS), draw(EXPERIMENTS)
        name = f"name {self.random.randrange(100)}"
        live = draw([self._settings, self._settings, self._settings, self._texts, self._lives])
        return live(flag, segment, experiment, name)

    def _settings(self, flag: str, segment: str, experiment: str, name: str) -> tuple[str, str, Any]:
        draw = self.random.choice
        expiry = self.clock.now() + self.random.randrange(-600_000, 600_000)
        condition = draw([{"segment": segment}, {"not": {"segment": segment}}])
        changes: list[dict[str, Any]] = [
            {"enabled": True},
            {"enabled": draw([True, False])},
            {"rules": draw([[], [{"if": condition, "then": draw([HALVES, {"variation": "c"}])}]])},
            {"targets": draw([[], [{"key": "u1", "variation": "c", "expires_at": expiry}]])},
            {"prerequisites": draw([[], [{"flag": draw(FLAGS), "variation": draw("abc")}]])},
            {"default": draw([None, HALVES, {"variation": "b"}])},
            {"off_variation": draw([None, "b"])},
        ]
        return "PATCH", f"flags/{flag}/environments/production", draw(changes)

    def _texts(self, flag: str, segment: str, experiment: str, name: str) -> tuple[str, str, Any]:
        draw = self.random.choice
        plan = {"attribute": "plan", "operator": "eq", "value": "pro"}
        return draw(
            [
                ("PATCH", f"flags/{flag}", {"name": name}),
                ("PATCH", f"flags/{flag}", {"default": draw([HALVES, {"variation": "a"}])}),
                ("PATCH", f"segments/{segment}", {"included": draw([[], ["u1"], ["u2", "u3"]])}),
                ("PATCH", f"segments/{segment}", {"if": draw([None, plan, {"segment": draw(SEGMENTS)}])}),
                ("PATCH", f"experiments/{experiment}", {"hypothesis": name}),
                ("PATCH", f"experiments/{experiment}", {"traffic": draw([20, 50.5, 100])}),
                ("PATCH", f"experiments/{experiment}", {"audience": draw([None, {"segment": segment}])}),
                ("PATCH", "holdouts/nobody", {"share": draw([1, 30])}),
            ]
        )

    def _lives(self, flag: str, segment: str, experiment: str, name: str) -> tuple[str, str, Any]:
        draw = self.random.choice
        draft = {
            "key": experiment,
            "environment": "production",
            "flag": flag,
            "variations": EQUAL_WEIGHTS,
            "holdouts": draw([[], ["nobody"]]),
        }
        new = {"key": flag, "type": "object", "variations": VARIATIONS, "off_variation": "a"}
        what = draw([f"flags/{flag}", f"segments/{segment}", f"experiments/{experiment}"])
        return draw(
            [
                ("POST", "flags", {**new, "default": {"variation": "a"}, "metadata": {"tier": 1}}),
                ("POST", "flags", {**new, "default": HALVES, "name": name}),
                ("POST", "segments", {"key": segment, "included": ["u1"]}),
                ("POST", "experiments", draft),
                ("POST", f"experiments/{experiment}/start", None),
                ("POST", f"experiments/{experiment}/stop", None),
                ("POST", f"{what}/archive", None),
                ("POST", f"{what}/restore", None),
                ("DELETE", what, None),
                ("POST", f"history/flag/{flag}/undo", None),
                ("POST", f"history/flag_settings/{flag}/undo?environment=production", None),
            ]
        )
