"""The scripted edge as a process, and what its control port takes."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

_SECONDS = 30


@dataclass(frozen=True, slots=True)
class ScriptedEdge:
    """One that runs."""

    process: subprocess.Popen[str]
    edge: str
    control: str
    server_key: str
    client_key: str

    def put(self, name: str, document: Any) -> Any:
        """`PUT` at the control port."""
        return asked("PUT", f"{self.control}/{name}", document)

    def post(self, name: str, document: Any = None) -> Any:
        """`POST` at the control port."""
        return asked("POST", f"{self.control}/{name}", document or {})

    def get(self, name: str) -> Any:
        """`GET` at the control port."""
        return asked("GET", f"{self.control}/{name}")


def asked(method: str, url: str, document: Any = None, key: str = "") -> Any:
    """The JSON of an answer. Raises OSError for one that is none of success."""
    body = None if document is None else json.dumps(document).encode()
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, body, headers, method=method)
    with urllib.request.urlopen(request, timeout=_SECONDS) as told:
        return json.loads(told.read())


@contextmanager
def scripted_edge(*arguments: str) -> Iterator[ScriptedEdge]:
    """`python -m edge_script`, ended with the context."""
    command = [sys.executable, "-m", "edge_script", *arguments]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield ScriptedEdge(process, **json.loads(process.stdout.readline()))
        finally:
            process.send_signal(signal.SIGCONT)
            process.terminate()
            process.wait(_SECONDS)
