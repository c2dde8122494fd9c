"""The configuration that is served: the document of now, those before it, and what changed between them."""

from __future__ import annotations

import hashlib
import json
import time
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from bucketing.long_lists import chunk_path, digest_of_chunk, digest_of_chunks, key_hash

KINDS = ("flags", "segments", "experiments", "remote_configs")
ANSWERING = ("flags", "remote_configs")
_VERSIONS_KEPT = 256
Document = dict[str, Any]
EMPTY: Document = {"schema_version": 1, "algorithm": "sha256-10000-v1", "salt": "scripted", "version": 0}


@dataclass(frozen=True, slots=True)
class Version:
    """One document: its JSON, its id on streams, the `change` that leads to it from the one before, and since when it
    is served, by the monotonic clock."""

    document: Document
    encoded: bytes
    id: str
    change: bytes
    at: float

    @property
    def etag(self) -> str:
        """Weak, as an edge's."""
        return f'W/"{self.id.partition("-")[2]}"'


class Documents:
    """The last 256 versions, oldest first. Never empty."""

    def __init__(self) -> None:
        self._versions: deque[Version] = deque(maxlen=_VERSIONS_KEPT)
        self.chunks: dict[tuple[str, int], bytes] = {}
        self.reset()

    def reset(self) -> None:
        """Back to a document of version 0 without a flag."""
        self._versions.clear()
        self.chunks.clear()
        self._versions.append(_version(_whole(EMPTY), {}))

    @property
    def now(self) -> Version:
        """What is served."""
        return self._versions[-1]

    @property
    def before(self) -> Version:
        """The one before it, or the first."""
        return self._versions[-2] if len(self._versions) > 1 else self._versions[-1]

    def put(self, given: Mapping[str, Any]) -> Version:
        """The next version. Its `version` is the one given, or the next; that of each flag is the config version in
        which something changed that its answer may depend on. `long_lists`, by segment `{"included", "excluded",
        "depth"}`, become chunks. Raises ValueError for what is no document."""
        held = self.now.document
        document = _whole({**EMPTY, "version": held["version"] + 1, **given})
        for segment, keys in document.pop("long_lists", {}).items():
            self._list(document, segment, keys)
        change = _difference(held, document)
        self._versions.append(_version(document, change))
        return self.now

    def since(self, identity: str) -> list[Version] | None:
        """The versions after the one of this id; None where nobody knows it any more."""
        known = [each.id for each in self._versions]
        if identity not in known:
            return None
        position = len(known) - known[::-1].index(identity)
        return list(self._versions)[position:]

    def _list(self, document: Document, segment: str, keys: Mapping[str, Any]) -> None:
        depth = int(keys.get("depth", 1))
        numbers = range(1 << depth, 2 << depth)
        kinds = ("included", "excluded")
        listed: dict[int, dict[str, list[str]]] = {number: {kind: [] for kind in kinds} for number in numbers}
        for kind in kinds:
            for key in keys.get(kind, ()):
                listed[chunk_path(key_hash(key))[depth]][kind].append(key)
        digests: dict[int, int] = {}
        for number in numbers:
            chunk = {"number": number, **{kind: sorted(listed[number][kind]) for kind in kinds}}
            encoded = self.chunks[segment, number] = encode(chunk)
            digests[number] = digest_of_chunk(encoded)
        document["segments"].setdefault(segment, {"key": segment})["long_list"] = {
            **{kind: len(keys.get(kind, ())) for kind in kinds},
            "digest": f"{digest_of_chunks(digests.values()):064x}",
            "chunks": [{"number": number, "digest": f"{digest:064x}"} for number, digest in digests.items()],
        }


def encode(document: Any) -> bytes:
    """JSON without blanks."""
    return json.dumps(document, ensure_ascii=False, separators=(",", ":")).encode()


def _whole(document: Mapping[str, Any]) -> Document:
    whole: Document = json.loads(json.dumps(document))
    for kind in KINDS:
        entities = whole.setdefault(kind, {})
        if not isinstance(entities, dict):
            raise ValueError(f"{kind}: must be an object from key to document")
    if not isinstance(whole["version"], int):
        raise ValueError("version: must be an integer")
    return whole


def _version(document: Document, change: Mapping[str, Any]) -> Version:
    encoded = encode(document)
    digest = hashlib.blake2b(encoded, digest_size=8).hexdigest()
    return Version(document, encoded, f"{document['version']}-{digest}", encode(change), time.monotonic())


def _difference(before: Document, after: Document) -> Document:
    """What `/v1/stream` tells, and the versions of the flags in `after`, which are written into it."""
    version = after["version"]
    change: Document = {"version": version, **{kind: {} for kind in KINDS}, "versions": {}}
    for kind in KINDS:
        for key in before[kind].keys() | after[kind].keys():
            if _bare(before[kind].get(key)) != _bare(after[kind].get(key)):
                change[kind][key] = after[kind].get(key)
    touched = _touched(change, before, after)
    for kind in ANSWERING:
        for key, entity in after[kind].items():
            if not isinstance(entity, dict):
                continue
            known = before[kind].get(key)
            held = known.get("version") if isinstance(known, dict) else None
            own = entity.get("version") if key in change[kind] else None
            entity["version"] = version if (key in touched or held is None) and own is None else own or held
            if key in touched and key not in change[kind]:
                change["versions"][key] = version
    return change


def _bare(entity: Any) -> Any:
    """An entity without its version, which follows from the others."""
    if not isinstance(entity, dict):
        return entity
    return {name: value for name, value in entity.items() if name != "version"}


def _touched(change: Document, before: Document, after: Document) -> set[str]:
    """Flags and remote configs whose answers may be others: what changed, and all that names it at any depth."""
    changed = {(kind, key) for kind in KINDS for key in change[kind]}
    names: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for document in (before, after):
        for kind in KINDS:
            for key, entity in document[kind].items():
                names.setdefault((kind, key), set()).update(_named(entity))
        for key, experiment in document["experiments"].items():
            if isinstance(experiment, dict) and "flag" in experiment:
                for kind in ANSWERING:
                    names.setdefault((kind, experiment["flag"]), set()).add(("experiments", key))
    while True:
        further = {entity for entity, named in names.items() if entity not in changed and named & changed}
        if not further:
            return {key for kind, key in changed if kind in ANSWERING}
        changed |= further


def _named(entity: Any) -> Iterator[tuple[str, str]]:
    """The segments and prerequisites that stand somewhere in a document."""
    if isinstance(entity, dict):
        for name, value in entity.items():
            if name == "segment" and isinstance(value, str):
                yield "segments", value
            elif name == "in_segment":
                yield from (("segments", key) for key in ([value] if isinstance(value, str) else value))
            elif name == "flag" and "variation" in entity and isinstance(value, str):
                yield "flags", value
            else:
                yield from _named(value)
    elif isinstance(entity, list):
        for each in entity:
            yield from _named(each)
