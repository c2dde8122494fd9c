"""What is good stays, whatever arrives."""

from __future__ import annotations

from typing import Any

from bucketing.flagset import Comparison, Experiment, ExperimentMode, Fixed, InSegment, Not, Rule, Segment, Share
from edge_evaluator.feed.assembly import EntityProblem, assemble
from edge_evaluator.memory.environment import EnvironmentConfig
from messages.documents import experiment_document, flag_document, segment_document
from messages.generated import config_pb2 as pb
from messages.staging import ConfigStaging, Update

from tests.edge_evaluator.config_writer import ConfigWriter
from tests.edge_evaluator.sample_flags import boolean
from tests.environment_writer import Messages
from tests.long_lists import listed

STRANGE = Comparison("a", "is_telepathic", 1)


class Feeding:
    """Feeds what a writer writes through staging into configurations."""

    def __init__(self) -> None:
        self.writer = ConfigWriter()
        self.staging = ConfigStaging()
        self.config: EnvironmentConfig | None = None
        self.problems: list[EntityProblem] = []

    def feed(self, messages: Messages) -> None:
        for subject, payload in messages:
            update = self.staging.accept(subject, payload)
            if isinstance(update, Update):
                assembled = assemble(self.config, update, self.writer.digest)
                self.config, self.problems = assembled.config, assembled.problems

    def write(self, **changes: Any) -> None:
        self.feed(self.writer.write(**changes))

    def serves(self, flag: str, context: dict[str, Any] | None = None) -> str | None:
        assert self.config is not None
        return self.config.compiled.evaluate(flag, context or {}, 0).variation


def named(problems: list[EntityProblem]) -> set[tuple[str, str, bool]]:
    return {(problem.kind, problem.key, problem.kept) for problem in problems}


def test_an_unknown_operator_keeps_the_flag_as_it_was() -> None:
    feeding = Feeding()
    feeding.write(flags=[boolean("a"), boolean("b")])
    feeding.write(flags=[boolean("a", rules=(Rule("r", STRANGE, Fixed("off")),)), boolean("b", default=Fixed("off"))])
    assert (feeding.serves("a"), feeding.serves("b")) == ("on", "off")
    assert named(feeding.problems) == {("flag", "a", True)}
    assert feeding.config is not None
    assert feeding.config.kept == {("flag", "a")}
    feeding.write(flags=[boolean("c")])
    assert feeding.config.kept == {("flag", "a")}
    feeding.write(flags=[boolean("a", default=Fixed("off"))])
    assert (feeding.serves("a"), feeding.config.kept) == ("off", frozenset())


def test_a_new_flag_with_an_unknown_operator_costs_only_itself() -> None:
    feeding = Feeding()
    feeding.write(flags=[boolean("a", rules=(Rule("r", STRANGE, Fixed("off")),)), boolean("b")])
    assert (feeding.serves("a"), feeding.serves("b")) == (None, "on")
    assert named(feeding.problems) == {("flag", "a", False)}


def test_an_unknown_operator_keeps_the_segment_as_it_was() -> None:
    feeding = Feeding()
    flag = boolean("a", default=Fixed("off"), rules=(Rule("r", InSegment(("s",)), Fixed("on")),))
    feeding.write(flags=[flag], segments=[Segment("s", condition=Comparison("x", "eq", 1))])
    feeding.write(segments=[Segment("s", condition=STRANGE)])
    assert (feeding.serves("a", {"x": 1}), feeding.serves("a", {"x": 2})) == ("on", "off")
    assert named(feeding.problems) == {("segment", "s", True)}


def test_an_experiment_that_cannot_be_read_keeps_its_flag_as_it_was() -> None:
    feeding = Feeding()
    feeding.write(flags=[boolean("a")])
    halves = (Share("on", 5000), Share("gone", 5000))
    feeding.write(experiments=[Experiment("e", "a", ExperimentMode.ASSIGNS, halves, start_at=1)])
    assert feeding.serves("a", {"targetingKey": "u"}) == "on"
    assert ("flag", "a", True) in named(feeding.problems)


def test_bytes_that_are_no_message_keep_what_was_there() -> None:
    feeding = Feeding()
    feeding.write(flags=[boolean("a")])
    writer = feeding.writer
    for subject in list(writer.entries):
        writer.hold(subject, b"\xff\xff")
    writer.hold("config.env-1.flag.new", b"\xff\xff")
    writer.version += 1
    feeding.feed([*writer.entries.items(), writer.manifest()])
    assert feeding.serves("a") == "on"
    assert named(feeding.problems) == {("flag", "a", True), ("environment", "env-1", True), ("flag", "new", False)}
    assert feeding.config is not None
    assert (set(feeding.config.unreadable), len(feeding.config.sdk_keys)) == ({"new"}, 2)
    feeding.write(flags=[boolean("new")])
    assert (feeding.serves("new"), feeding.config.unreadable) == ("on", {})


def test_without_its_settings_an_environment_is_not_served() -> None:
    feeding = Feeding()
    messages = feeding.writer.write(flags=[boolean("a")])
    feeding.writer.hold(messages[0][0], None)
    feeding.feed([*messages[1:-1], feeding.writer.manifest()])
    assert feeding.config is None
    assert named(feeding.problems) == {("environment", "env-1", False)}


def test_what_a_complete_update_does_not_name_is_gone() -> None:
    feeding = Feeding()
    feeding.write(flags=[boolean("a"), boolean("b")])
    feeding.staging.reset("env-1")
    again = ConfigWriter()
    again.version = 5
    feeding.writer = again
    feeding.write(flags=[boolean("b", default=Fixed("off"))])
    assert (feeding.serves("a"), feeding.serves("b")) == (None, "off")


def test_no_key_of_a_deleted_environment_works() -> None:
    feeding = Feeding()
    feeding.write(flags=[boolean("a")])
    feeding.write(removed=[("environment", "env-1"), ("flag", "a")])
    assert feeding.config is not None
    assert feeding.config.sdk_keys == ()
    feeding.writer.version += 1
    late = feeding.writer.entity("flag", "late", flag=flag_document(boolean("late")))
    feeding.feed([late, feeding.writer.manifest()])
    assert (feeding.serves("late"), feeding.config.sdk_keys) == ("on", ())
    feeding.feed(feeding.writer.rewrite_keys([("a-key", "server")]))
    assert len(feeding.config.sdk_keys) == 1


def test_a_deleted_environment_is_no_news_to_a_starting_edge() -> None:
    feeding = Feeding()
    messages = feeding.writer.write(flags=[boolean("a")], removed=[("environment", "env-1"), ("flag", "a")])
    feeding.feed([message for message in messages if message[0] not in feeding.writer.entries][-3:])
    assert (feeding.config, feeding.problems) == (None, [])


def asking(key: str, segment: str, **fields: Any) -> Any:
    return boolean(key, default=Fixed("off"), rules=(Rule("r", Not(InSegment((segment,))), Fixed("on")),), **fields)


def test_a_flag_is_an_error_while_a_segment_that_it_names_is_absent() -> None:
    feeding = Feeding()
    feeding.write(flags=[asking("a", "s"), boolean("b")])
    assert (feeding.serves("a"), feeding.serves("b")) == (None, "on")
    assert named(feeding.problems) == {("flag", "a", False)}
    feeding.write(flags=[boolean("c")])
    assert feeding.problems == []
    feeding.write(segments=[Segment("s", frozenset({"u1"}))])
    assert (feeding.serves("a"), feeding.serves("a", {"targetingKey": "u1"})) == ("on", "off")
    feeding.write(removed=[("segment", "s")])
    assert feeding.serves("a") is None
    assert named(feeding.problems) == {("flag", "a", False)}


def test_a_flag_stays_as_it_was_when_a_segment_that_it_names_now_cannot_be_read() -> None:
    feeding = Feeding()
    feeding.write(flags=[boolean("a")])
    feeding.write(flags=[asking("a", "odd")], segments=[Segment("odd", condition=STRANGE)])
    assert feeding.serves("a") == "on"
    assert named(feeding.problems) == {("flag", "a", True), ("segment", "odd", False)}


def test_a_document_on_the_subject_of_another_entity_costs_only_itself() -> None:
    feeding = Feeding()
    halves = (Share("on", 5000), Share("off", 5000))
    running = Experiment("e", "b", ExperimentMode.ASSIGNS, halves, start_at=1)
    feeding.write(flags=[boolean("a"), asking("b", "s")], segments=[Segment("s")], experiments=[running])
    writer = feeding.writer
    writer.version += 1
    strangers = [
        writer.entity("flag", "a", flag=flag_document(boolean("other"))),
        writer.entity("flag", "new", flag=flag_document(boolean("other"))),
        writer.entity("segment", "s", segment=segment_document(Segment("other"))),
        writer.entity(
            "experiment",
            "e",
            experiment=pb.Experiment(
                status=pb.EXPERIMENT_STATUS_RUNNING,
                document=experiment_document(Experiment("other", "b", ExperimentMode.ASSIGNS, halves, start_at=1)),
            ),
        ),
    ]
    feeding.feed([*strangers, writer.manifest()])
    assert named(feeding.problems) == {
        ("flag", "a", True),
        ("flag", "new", False),
        ("segment", "s", True),
        ("experiment", "e", True),
    }
    assert feeding.config is not None
    assert (feeding.serves("a"), feeding.serves("other"), set(feeding.config.unreadable)) == ("on", None, {"new"})
    assert set(feeding.config.flagset.experiments) == {"e"}
    feeding.write(flags=[boolean("a", default=Fixed("off"))], removed=[("segment", "s")])
    assert (feeding.serves("a"), feeding.serves("b")) == ("off", None)


MEMBERS = [f"user-{number}" for number in range(200)]
BETA = boolean("a", default=Fixed("off"), rules=(Rule("r", InSegment(("beta",)), Fixed("on")),))


def member(feeding: Feeding, unit: str) -> str | None:
    return feeding.serves("a", {"targetingKey": unit})


def test_a_long_list_is_served_once_all_its_chunks_are_there() -> None:
    feeding = Feeding()
    segment, chunks = listed("beta", MEMBERS, ["out"])
    feeding.write(flags=[BETA], segments=[segment], chunks=list(chunks.items())[1:])
    assert (member(feeding, "user-7"), named(feeding.problems)) == (
        None,
        {("segment", "beta", False), ("flag", "a", False)},
    )
    feeding.write(segments=[segment], chunks=list(chunks.items())[:1])
    assert [member(feeding, each) for each in ("user-7", "user-199", "user-200", "out")] == ["on", "on", "off", "off"]
    assert feeding.problems == []


def test_an_edit_of_a_long_list_is_one_chunk() -> None:
    feeding = Feeding()
    segment, chunks = listed("beta", MEMBERS)
    feeding.write(flags=[BETA], segments=[segment], chunks=chunks.items())
    assert feeding.config is not None
    held = feeding.config.list_chunks["beta"]
    edited, after = listed("beta", [*MEMBERS, "new"])
    changed = {key: document for key, document in after.items() if document != chunks[key]}
    assert len(changed) == 1
    feeding.write(segments=[edited], chunks=changed.items())
    assert (member(feeding, "new"), member(feeding, "user-7")) == ("on", "on")
    kept = [number for number, chunk in feeding.config.list_chunks["beta"].items() if chunk is held[number]]
    assert len(kept) == len(held) - 1


def test_a_divided_chunk_goes_and_a_list_without_chunks_is_none() -> None:
    feeding = Feeding()
    segment, chunks = listed("beta", MEMBERS, depth=0)
    feeding.write(flags=[BETA], segments=[segment], chunks=chunks.items())
    divided, halves = listed("beta", [*MEMBERS, "new"], depth=1)
    feeding.write(segments=[divided], chunks=halves.items(), removed=[("segment_chunk", "beta.1")])
    assert (member(feeding, "new"), member(feeding, "user-7")) == ("on", "on")
    feeding.write(segments=[Segment("beta")], removed=[("segment_chunk", key) for key in halves])
    assert feeding.config is not None
    assert (member(feeding, "user-7"), feeding.config.list_chunks) == ("off", {})


def test_a_chunk_that_cannot_be_read_keeps_the_list_as_it_was() -> None:
    feeding = Feeding()
    segment, chunks = listed("beta", MEMBERS)
    feeding.write(flags=[BETA], segments=[segment], chunks=chunks.items())
    edited, after = listed("beta", [*MEMBERS, "new"])
    [(key, good)] = [(key, document) for key, document in after.items() if document != chunks[key]]
    feeding.write(segments=[edited], chunks=[(key, b"{")])
    assert (member(feeding, "new"), member(feeding, "user-7")) == ("off", "on")
    assert named(feeding.problems) == {("segment_chunk", key, False), ("segment", "beta", True)}
    feeding.write(segments=[edited], chunks=[(key, good)])
    assert (member(feeding, "new"), feeding.problems) == ("on", [])


def test_a_chunk_on_the_subject_of_another_one_is_refused() -> None:
    feeding = Feeding()
    segment, chunks = listed("beta", MEMBERS)
    feeding.write(flags=[BETA], segments=[segment], chunks=[("beta.9", chunks["beta.4"]), *chunks.items()])
    assert member(feeding, "user-7") == "on"
    assert named(feeding.problems) == {("segment_chunk", "beta.9", False)}
