"""Which change of an entity is one of answers, as its message tells every follower."""

from __future__ import annotations

from dataclasses import replace

import pytest
from bucketing.flagset import Comparison, Experiment, ExperimentMode, Fixed, Flag, FlagType, Rule, Segment, Share
from messages.answer_versions import answers_version, stamped
from messages.documents import experiment_document, flag_document, segment_document
from messages.generated import config_pb2 as pb
from messages.generated.config_pb2 import ConfigMessage

US = Comparison("country", "eq", "US")
FLAG = Flag(
    "a", FlagType.BOOLEAN, {"on": True, "off": False}, "off", Fixed("on"), rules=(Rule("us", US, Fixed("off"), "why"),)
)
HALVES = (Share("on", 5000), Share("off", 5000))
EXPERIMENT = Experiment("e", "a", ExperimentMode.ASSIGNS, HALVES, start_at=1)


def of_flag(flag: Flag) -> ConfigMessage:
    return ConfigMessage(flag=flag_document(flag))


def of_experiment(experiment: Experiment, status: pb.ExperimentStatus, **more: object) -> ConfigMessage:
    document = experiment_document(experiment)
    return ConfigMessage(experiment=pb.Experiment(document=document, status=status, **more))  # type: ignore[arg-type]


def after(before: ConfigMessage | None, message: ConfigMessage) -> int:
    """What version 9 is stamped with after a version 4 that changed answers in version 3."""
    if before is not None:
        before.version, before.answers_version = 4, 3
    message.version = 9
    return stamped(message, before)


CHANGES = {
    "a new flag": (None, of_flag(FLAG), 9),
    "a flag switched off": (of_flag(FLAG), of_flag(replace(FLAG, enabled=False)), 9),
    "a rule's description": (
        of_flag(FLAG),
        of_flag(replace(FLAG, rules=(replace(FLAG.rules[0], description="other"),))),
        3,
    ),
    "what is reported": (of_flag(FLAG), of_flag(replace(FLAG, report_exposures=True)), 3),
    "what exposures carry": (of_flag(FLAG), of_flag(replace(FLAG, exposure_attributes=("plan",))), 3),
    "who may see it": (of_flag(FLAG), of_flag(replace(FLAG, client_visible=True)), 9),
    "no flag before": (ConfigMessage(flag=b"["), of_flag(FLAG), 9),
    "a segment": (
        ConfigMessage(segment=segment_document(Segment("s"))),
        ConfigMessage(segment=segment_document(Segment("s", frozenset({"u"})))),
        9,
    ),
    "a metric": (ConfigMessage(metric=pb.Metric(key="m")), ConfigMessage(metric=pb.Metric(key="m", name="M")), 3),
    "an environment": (None, ConfigMessage(environment=pb.Environment(key="production")), 0),
    "a draft": (None, of_experiment(EXPERIMENT, pb.EXPERIMENT_STATUS_DRAFT), 0),
    "an edited draft": (
        of_experiment(EXPERIMENT, pb.EXPERIMENT_STATUS_DRAFT),
        of_experiment(replace(EXPERIMENT, traffic=1), pb.EXPERIMENT_STATUS_DRAFT),
        3,
    ),
    "a start": (
        of_experiment(EXPERIMENT, pb.EXPERIMENT_STATUS_DRAFT),
        of_experiment(EXPERIMENT, pb.EXPERIMENT_STATUS_RUNNING),
        9,
    ),
    "a running experiment's name": (
        of_experiment(EXPERIMENT, pb.EXPERIMENT_STATUS_RUNNING),
        of_experiment(EXPERIMENT, pb.EXPERIMENT_STATUS_RUNNING, name="other"),
        3,
    ),
    "an experiment out of use": (
        of_experiment(EXPERIMENT, pb.EXPERIMENT_STATUS_STOPPED),
        of_experiment(EXPERIMENT, pb.EXPERIMENT_STATUS_STOPPED, archived=True),
        9,
    ),
}


@pytest.mark.parametrize("name", CHANGES)
def test_what_is_a_change_of_answers(name: str) -> None:
    before, message, expected = CHANGES[name]
    assert after(before, message) == expected


def test_a_message_that_tells_no_such_version_changed_answers_when_it_was_published() -> None:
    assert answers_version(ConfigMessage(version=7)) == 7
    assert answers_version(ConfigMessage(version=7, answers_version=0)) == 0
