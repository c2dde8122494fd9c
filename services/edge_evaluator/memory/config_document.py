"""A configuration as one document, for SDKs that evaluate themselves: written once, when it is first asked for."""

from __future__ import annotations

import asyncio
import gzip
import hashlib
from typing import Any

import msgspec
from bucketing.document import flagset_to_document

from edge_evaluator.memory.environment import EnvironmentConfig
from edge_evaluator.memory.selection import Seen

_DIGEST_BYTES = 8
_GZIP_LEVEL = 5
_encode = msgspec.json.Encoder().encode


class ConfigDocument:
    """Of one environment. `id` is the version in which this document came to be, and its digest."""

    __slots__ = ("_config", "_encoded", "_packed", "_writing", "digest", "id")

    def __init__(self, config: EnvironmentConfig, seen: Seen, before: ConfigDocument | None = None) -> None:
        """`before` goes on where no document and no version in it is another one."""
        text = f"{config.environment_id} {config.settings.salt} {config.answer_versions.documents} {seen.digest}"
        self.digest = hashlib.blake2b(text.encode(), digest_size=_DIGEST_BYTES).hexdigest()
        self._writing = asyncio.Lock()
        same = before is not None and before.digest == self.digest
        self._config: EnvironmentConfig = before._config if before is not None and same else config
        self._encoded: bytes | None = before._encoded if before is not None and same else None
        self._packed: bytes | None = before._packed if before is not None and same else None
        self.id = f"{self._config.version}-{self.digest}"

    @property
    def etag(self) -> str:
        """Weak: edges that came to this document in other versions tell these."""
        return f'W/"{self.digest}"'

    async def encoded(self) -> bytes:
        """The JSON, written beside the event loop."""
        async with self._writing:
            if self._encoded is None:
                self._encoded = await asyncio.to_thread(_write, self._config)
        return self._encoded

    async def packed(self) -> bytes:
        """The same by gzip."""
        encoded = await self.encoded()
        async with self._writing:
            if self._packed is None:
                self._packed = await asyncio.to_thread(gzip.compress, encoded, _GZIP_LEVEL, mtime=0)
        return self._packed


def _write(config: EnvironmentConfig) -> bytes:
    document = flagset_to_document(config.flagset)
    answering: dict[str, Any] = {**document["remote_configs"], **document["flags"]}
    for key, each in answering.items():
        each["version"] = config.answer_versions.of(key)
    return _encode(document)
