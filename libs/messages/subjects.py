"""The streams of the bus and the subjects in them.

`config.<environment>.<kind>.<key>` · `events.<environment>` · `dead_letters.<environment>` · `acts.<organization>` ·
`verdicts.<environment>.<rollout id>` · `monitor_term`, and `config_told.<environment>`, `config_ahead.<environment>`,
`verdict.edges.<environment>`, `verdict.impact`, `verdict.usage`, `verdict.warehouse`, `verdict.roll_call` and
`verdict.present`, which no stream keeps. A key
may hold dots, which separate tokens in a subject, so they travel as `~`, a character that no key has.
"""

from __future__ import annotations

from dataclasses import dataclass

from streams import StreamSpec

CONFIG = "CONFIG"
EVENTS = "EVENTS"
DEAD_LETTERS = "DEAD_LETTERS"
ACTS = "ACTS"
VERDICTS = "VERDICTS"
MONITOR_TERM = "monitor_term"
"""Where VERDICTS keeps who looks: a `MonitorTerm`."""
IMPACT = "verdict.impact"
"""Where it is asked what a change would do; see proto/verdict/v1/impact.proto."""
USAGE = "verdict.usage"
"""Where it is asked how flags are used; see proto/verdict/v1/usage.proto."""
WAREHOUSE = "verdict.warehouse"
"""Where it is asked how the store of events stands; see proto/verdict/v1/warehouse.proto."""
ROLL_CALL, PRESENT = "verdict.roll_call", "verdict.present"
"""Where it is asked who is there, and where it is answered; see proto/verdict/v1/presence.proto."""
LOADER = "analytics-loader"
"""The durable consumer of EVENTS that all loaders share."""

ENTITY_KINDS = ("environment", "flag", "segment", "experiment", "metric", "remote_config", "rollout", "segment_chunk")
_MANIFEST = "manifest"
_VERDICTS_PER_ROLLOUT = 5
_DAY_SECONDS = 86_400.0
_MEBIBYTE = 1024 * 1024


@dataclass(frozen=True, slots=True)
class ConfigSubject:
    """The parts of a subject of the CONFIG stream; `kind` is an entity kind or `manifest`."""

    environment_id: str
    kind: str
    key: str

    @property
    def is_manifest(self) -> bool:
        return self.kind == _MANIFEST


def config_subject(environment_id: str, kind: str, key: str) -> str:
    """The subject of one entity. Raises ValueError for an unknown kind."""
    if kind not in ENTITY_KINDS:
        raise ValueError(f"unknown kind {kind!r}")
    return f"config.{environment_id}.{kind}.{key.replace('.', '~')}"


def manifest_subject(environment_id: str) -> str:
    return f"config.{environment_id}.{_MANIFEST}"


def told_subject(environment_id: str) -> str:
    """Where a version is told that waits for the stream, a `ToldVersion`; `*`: of any environment. No stream keeps
    it."""
    return f"config_told.{environment_id}"


def ahead_subject(environment_id: str) -> str:
    """Where a follower tells, by the manifest that it holds, that it is ahead of the stream. No stream keeps it."""
    return f"config_ahead.{environment_id}"


def edges_subject(environment_id: str) -> str:
    """Where edges tell which config they serve; `*`: of any environment. No stream keeps it."""
    return f"verdict.edges.{environment_id}"


def config_filter(environment_id: str | None = None) -> str:
    """Everything of one environment, or of all."""
    return f"config.{environment_id}.>" if environment_id else "config.>"


def parse_config_subject(subject: str) -> ConfigSubject:
    """The inverse of `config_subject` and `manifest_subject`. Raises ValueError for anything else."""
    parts = subject.split(".")
    if len(parts) == 3 and parts[0] == "config" and parts[2] == _MANIFEST:
        return ConfigSubject(parts[1], _MANIFEST, "")
    if len(parts) == 4 and parts[0] == "config" and parts[2] in ENTITY_KINDS:
        return ConfigSubject(parts[1], parts[2], parts[3].replace("~", "."))
    raise ValueError(f"not a subject of {CONFIG}: {subject!r}")


def environment_of(subject: str) -> str:
    """The environment that a subject of any stream names; empty when it names none."""
    return subject.split(".", 2)[1] if "." in subject else ""


def events_subject(environment_id: str) -> str:
    return f"events.{environment_id}"


def dead_letters_subject(environment_id: str) -> str:
    """An unreadable message has no environment: it goes under `unknown`."""
    return f"dead_letters.{environment_id or 'unknown'}"


def acts_subject(organization_id: str) -> str:
    return f"acts.{organization_id}"


def acts_stream(
    *, max_bytes: int = 64 * _MEBIBYTE, replicas: int = 1, given: frozenset[str] | None = None
) -> StreamSpec:
    """Kept until the control plane has appended them to its audit log."""
    return StreamSpec(ACTS, ("acts.>",), max_bytes, replicas=replicas, max_message_bytes=_MEBIBYTE, given=given)


def verdicts_subject(environment_id: str, rollout_id: str) -> str:
    return f"verdicts.{environment_id}.{rollout_id}"


def verdicts_stream(
    *,
    max_bytes: int = 128 * _MEBIBYTE,
    max_age_seconds: float = 7 * _DAY_SECONDS,
    replicas: int = 1,
    given: frozenset[str] | None = None,
) -> StreamSpec:
    """Kept by limits, the last few of each rollout. Made by the monitor and by the control plane."""
    return StreamSpec(
        VERDICTS,
        ("verdicts.>", MONITOR_TERM),
        max_bytes,
        max_age_seconds=max_age_seconds,
        messages_per_subject=_VERDICTS_PER_ROLLOUT,
        replicas=replicas,
        max_message_bytes=_MEBIBYTE,
        given=given,
    )


def config_stream(
    *, max_bytes: int = 1024 * _MEBIBYTE, replicas: int = 1, given: frozenset[str] | None = None
) -> StreamSpec:
    """Kept for ever, the newest message of each subject. Made by the control plane alone."""
    return StreamSpec(CONFIG, ("config.>",), max_bytes, messages_per_subject=1, replicas=replicas, given=given)


def events_stream(
    *,
    max_bytes: int = 8192 * _MEBIBYTE,
    max_age_seconds: float = _DAY_SECONDS,
    replicas: int = 1,
    duplicate_window_seconds: float = 120,
    given: frozenset[str] | None = None,
) -> StreamSpec:
    """Kept by limits, so that the last day can be replayed. Made by the ingestor."""
    return StreamSpec(
        EVENTS,
        ("events.>",),
        max_bytes,
        max_age_seconds=max_age_seconds,
        replicas=replicas,
        duplicate_window_seconds=duplicate_window_seconds,
        given=given,
    )


def dead_letters_stream(
    *,
    max_bytes: int = 1024 * _MEBIBYTE,
    max_age_seconds: float = 30 * _DAY_SECONDS,
    replicas: int = 1,
    given: frozenset[str] | None = None,
) -> StreamSpec:
    """Kept by limits. Made by the loader."""
    return StreamSpec(
        DEAD_LETTERS,
        ("dead_letters.>",),
        max_bytes,
        max_age_seconds=max_age_seconds,
        replicas=replicas,
        given=given,
    )
