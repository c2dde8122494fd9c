"""What views pick out of a configuration: their flags, with remote configs as they are served; what names their state;
and when it changes by itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace

from bucketing.flagset import Flag

from edge_evaluator.memory.answer_versions import AnswerVersions, digest_of
from edge_evaluator.memory.environment import EnvironmentConfig


@dataclass(frozen=True, slots=True)
class Seen:
    """The flags that one kind of key sees.

    `digest`: the sum over these flags of what names their answers. `instants`: every time (epoch milliseconds) at which
    one of their answers may change without a new version.
    """

    flags: Mapping[str, Flag]
    digest: int
    instants: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Selection:
    """What each kind of key sees, which flags and remote configs are reported, which expire for somebody, and which
    can't be evaluated."""

    server: Seen
    client: Seen
    reporting: Mapping[str, Flag]
    expiring: Mapping[str, Flag]
    broken: frozenset[str]
    versions: AnswerVersions

    @classmethod
    def of(
        cls, config: EnvironmentConfig, before: Selection | None = None, changed: Iterable[str] | None = None
    ) -> Selection:
        """After a change of few flags it is made from the one before; `changed` None stands for all flags."""
        flags, versions = config.compiled.served, config.answer_versions
        held = before if changed is not None else None
        keys = flags.keys() if held is None or changed is None else set(changed)
        visible = _select(flags, _visible, held.client.flags if held else {}, keys)
        reporting = _select(flags, lambda flag: flag.report_exposures, held.reporting if held else {}, keys)
        reporting |= {key: flags[key] for key in _experimented(config)}
        expiring = _select(flags, _expires, held.expiring if held else {}, keys)
        broken = frozenset({*config.compiled.failed, *config.compiled.unresolved})
        instants = _instants(config, expiring)

        after = cls(
            Seen(flags, 0, _sorted(instants, versions, flags)),
            Seen(visible, 0, _sorted(instants, versions, visible)),
            reporting,
            expiring,
            broken,
            versions,
        )
        server, client = (held.server.digest, held.client.digest) if held else (0, 0)
        for key in keys:
            if held is not None and key in held.server.flags:
                was = held._answered(key)
                server -= was
                client -= was if key in held.client.flags else 0
            if key in flags:
                now = after._answered(key)
                server += now
                client += now if key in visible else 0
        return replace(after, server=replace(after.server, digest=server), client=replace(after.client, digest=client))

    def _answered(self, key: str) -> int:
        """Names what is answered of a flag, whoever asks."""
        asked = f"{key} {self.versions.of(key)} {key in self.broken} {key in self.reporting}"
        return digest_of(asked.encode())


def _experimented(config: EnvironmentConfig) -> frozenset[str]:
    """The remote configs on which experiments are under way: they have nothing to set for their reports, and whom an
    experiment or a holdout leaves out is told by them, too."""
    flagset = config.flagset
    on = frozenset(each.flag for each in flagset.experiments.values() if each.stop_at is None)
    return on & flagset.remote_configs.keys() - flagset.flags.keys()


def _visible(flag: Flag) -> bool:
    return flag.client_visible


def _expires(flag: Flag) -> bool:
    return any(target.expires_at is not None for target in flag.targets)


def _select(
    flags: Mapping[str, Flag], wanted: Callable[[Flag], bool], held: Mapping[str, Flag], keys: Iterable[str]
) -> dict[str, Flag]:
    """`held`, with each of `keys` put in or taken out as it is now."""
    selected = dict(held)
    for key in keys:
        flag = flags.get(key)
        if flag is not None and wanted(flag):
            selected[key] = flag
        else:
            selected.pop(key, None)
    return selected


def _instants(config: EnvironmentConfig, expiring: Mapping[str, Flag]) -> dict[str, set[int]]:
    """By flag: when a target of it expires, and when an experiment on it begins or ends."""
    found: dict[str, set[int]] = {}
    for flag in expiring.values():
        found[flag.key] = {target.expires_at for target in flag.targets if target.expires_at is not None}
    for experiment in config.flagset.experiments.values():
        moments = {experiment.start_at} if experiment.stop_at is None else {experiment.start_at, experiment.stop_at}
        found.setdefault(experiment.flag, set()).update(moments)
    return found


def _sorted(instants: Mapping[str, set[int]], versions: AnswerVersions, flags: Mapping[str, Flag]) -> tuple[int, ...]:
    """Those that answers of `flags` depend on."""
    reached = (moments for key, moments in instants.items() if versions.reaches(("flag", key), flags))
    return tuple(sorted(set().union(*reached)))
