"""OFREP's answers to a document, by the platform's own engine. What it can't read answers PARSE_ERROR."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from bucketing import CompiledFlagSet, Decision, InvalidConfig, compile_flagset, unit_key
from bucketing.attributes import read as read_attribute
from bucketing.decision import ErrorCode, failure
from bucketing.document import (
    experiment_from_document,
    flag_from_document,
    remote_config_from_document,
    segment_from_document,
)
from bucketing.flagset import FlagSet, FlagType

from edge_script.documents import Document

_READERS: dict[str, Any] = {
    "flags": flag_from_document,
    "segments": segment_from_document,
    "experiments": experiment_from_document,
    "remote_configs": remote_config_from_document,
}
FLAG_SET = "scripted/test"


class Answers:
    """Of one document. `client` answers know of client-visible flags alone."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._unreadable: dict[str, str] = {}
        read: dict[str, dict[str, Any]] = {kind: {} for kind in _READERS}
        for kind, reader in _READERS.items():
            for key, entity in document[kind].items():
                try:
                    read[kind][key] = reader({"key": key, **entity}, key)
                except (InvalidConfig, TypeError) as error:
                    if kind in ("flags", "remote_configs"):
                        self._unreadable[key] = str(error)
        self.compiled: CompiledFlagSet = compile_flagset(
            FlagSet(salt=document["salt"], version=document["version"], **read)
        )

    def one(self, key: str, context: Mapping[str, Any], *, client: bool) -> tuple[int, dict[str, Any]]:
        """Status and body of one flag."""
        decision = self._decide(key, context, client=client)
        if decision.error_code is not None:
            return 404 if decision.error_code is ErrorCode.FLAG_NOT_FOUND else 400, _failed(decision)
        return 200, self._served(decision, context)

    def every(self, context: Mapping[str, Any], *, client: bool) -> list[dict[str, Any]]:
        """The bodies of all flags, in the order of their keys."""
        keys = sorted(self.compiled.served.keys() | self._unreadable.keys())
        answers = []
        for key in keys:
            decision = self._decide(key, context, client=client)
            if decision.error_code is ErrorCode.FLAG_NOT_FOUND:
                continue
            answers.append(self._served(decision, context) if decision.error_code is None else _failed(decision))
        return answers

    def explained(self, key: str, context: Mapping[str, Any]) -> dict[str, Any]:
        """The decision with its trace."""
        return self.compiled.explain(key, dict(context), _now()).to_dict()

    def metadata(self, version: int | None = None) -> dict[str, Any]:
        """What stands in every answer."""
        told = self.compiled.version if version is None else version
        return {"version": str(told), "flagSetId": FLAG_SET, "ageSeconds": 0}

    def _decide(self, key: str, context: Mapping[str, Any], *, client: bool) -> Decision:
        flag = self.compiled.served.get(key)
        if client and (flag is None or not flag.client_visible):
            return failure(key, ErrorCode.FLAG_NOT_FOUND, "there is no such flag")
        if key in self._unreadable:
            return failure(key, ErrorCode.PARSE_ERROR, self._unreadable[key])
        return self.compiled.evaluate(key, dict(context), _now())

    def _served(self, decision: Decision, context: Mapping[str, Any]) -> dict[str, Any]:
        flag = self.compiled.served[decision.flag]
        metadata = {**flag.metadata, **self.metadata(flag.version)}
        if decision.experiment is not None:
            metadata["experiment"] = decision.experiment
        if self.compiled.has_experiments(decision.flag):
            metadata["experiments"] = ",".join(f"{each.key}:{each.phase}" for each in decision.experiments)
        if decision.prerequisite is not None:
            metadata["prerequisite"] = decision.prerequisite
        if decision.override:
            metadata["override"] = True
        if decision.split is not None:
            metadata["split"] = decision.split
        unit = None if decision.bucket_by is None else unit_key(read_attribute(context, decision.bucket_by))
        if unit:
            metadata["unitKey"] = unit
        if flag.report_exposures or self._is_tried(decision.flag):
            metadata["reportExposures"] = True
        if decision.invalid_combination:
            metadata["invalid_combination"] = True
        return {
            "key": decision.flag,
            "value": _typed(flag.type, decision.value),
            "variant": decision.variation,
            "reason": decision.reason.value,
            "metadata": metadata,
        }

    def _is_tried(self, key: str) -> bool:
        """Whether an experiment is under way on this remote config."""
        now = _now()
        return key in self._document["remote_configs"] and any(
            each.flag == key and each.start_at <= now and (each.stop_at is None or now < each.stop_at)
            for each in self.compiled.flagset.experiments.values()
        )


def _failed(decision: Decision) -> dict[str, Any]:
    code = decision.error_code or ErrorCode.GENERAL
    return {"key": decision.flag, "errorCode": code.value, "errorDetails": decision.error_message or code.value}


def _typed(kind: FlagType, value: Any) -> Any:
    if kind is FlagType.NUMBER and type(value) is int:
        return float(value)
    if kind is FlagType.INTEGER and type(value) is float and value.is_integer():
        return int(value)
    return value


def _now() -> int:
    return time.time_ns() // 1_000_000
