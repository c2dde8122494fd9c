"""What a trial is: a promise, for whom it holds, and what shows it."""

from __future__ import annotations

import tempfile
import time
import traceback
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from edge_script.process import ScriptedEdge, asked, scripted_edge

from sdk_trials.driver import Driver
from sdk_trials.sample import DOCUMENT

QUICK: dict[str, Any] = {"retry_first": 0.05, "silence": 1.0, "flush_interval": 0.05, "start_wait": 10}
"""So that a trial takes seconds."""


class Bench:
    """The two sides of one trial. `kind`: of the SDK's key, `server` (it evaluates) or `client` (the edge does)."""

    def __init__(self, command: Sequence[str], kind: str, edges: list[ScriptedEdge], stack: ExitStack) -> None:
        self.kind = kind
        self.edge = edges[0]
        self.edge.post("reset")
        self.folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        self._command = command
        self._edges = edges
        self._stack = stack
        self.edge.put("document", DOCUMENT)

    @property
    def key(self) -> str:
        """The right SDK key."""
        return self.edge.server_key if self.kind == "server" else self.edge.client_key

    @property
    def source(self) -> str:
        """The endpoint that has what is served."""
        return "config" if self.kind == "server" else "bulk"

    @property
    def stream(self) -> str:
        """The endpoint that tells of changes."""
        return "stream" if self.kind == "server" else "refetch"

    @property
    def second_edge(self) -> ScriptedEdge:
        """Another one beside it."""
        if len(self._edges) == 1:
            self._edges.append(self._stack.enter_context(scripted_edge()))
        self._edges[1].post("reset")
        return self._edges[1]

    def driver(self) -> Driver:
        """One without a client."""
        return self._stack.enter_context(Driver(self._command, {}))

    def start(self, driver: Driver | None = None, **options: Any) -> Driver:
        """A driver with a client of these options beside those of `QUICK`."""
        driver = driver or self.driver()
        page = {"user": "ann"} if self.kind == "client" else {}
        given = {"env_key": self.key, "endpoint": self.edge.edge, **QUICK, **page, **options}
        driver.ask("start", options={name: value for name, value in given.items() if value is not None})
        return driver

    def ready(self, **options: Any) -> Driver:
        """One that has a configuration, and listens to changes unless it was told not to."""
        driver = self.start(**options)
        if driver.ask("ready", timeout=10) is not True:
            raise AssertionError(f"not ready: {driver.status()}")
        return driver

    def requests(self, endpoint: str | None = None, after: int = 0) -> list[dict[str, Any]]:
        """What the edge was asked."""
        asked = f"requests?after={after}" + ("" if endpoint is None else f"&endpoint={endpoint}")
        found: list[dict[str, Any]] = self.edge.get(asked)
        return found

    def evaluate(self, body: Any) -> Any:
        """`POST /v1/evaluate` at the edge, with the server key."""
        return asked("POST", f"{self.edge.edge}/v1/evaluate", body, self.edge.server_key)

    def bulk(self, user: str) -> Any:
        """What the edge answers to a page of this user."""
        context = {"context": {"targetingKey": user}}
        return asked("POST", f"{self.edge.edge}/ofrep/v1/evaluate/flags", context, self.edge.client_key)

    def events(self, kind: str) -> list[dict[str, Any]]:
        """What was taken of one type."""
        found: list[dict[str, Any]] = self.edge.get(f"events?type={kind}")
        return found

    def streams(self) -> int:
        """How many are open."""
        return int(self.edge.get("state")["streams"][self.stream])


_TRIALS = ("starts", "stores", "users", "changes", "following", "faults", "refusals", "exposures", "events")
"""Files whose lines say best what went wrong."""
Body = Callable[[Bench], None]
BOTH = ("server", "client")


@dataclass(frozen=True, slots=True)
class Trial:
    """`promise`: the sentence that it shows. `kinds`: for which SDKs it holds."""

    name: str
    promise: str
    kinds: tuple[str, ...]
    body: Body


@dataclass(frozen=True, slots=True)
class Outcome:
    """`fault` is empty when the promise was kept."""

    trial: Trial
    seconds: float
    fault: str


ALL: list[Trial] = []


def trial(*kinds: str) -> Callable[[Body], Body]:
    """Registers a function as a trial; its docstring is the promise. No kinds: both."""

    def register(body: Body) -> Body:
        ALL.append(Trial(body.__name__, " ".join((body.__doc__ or "").split()), kinds or BOTH, body))
        return body

    return register


def run(one: Trial, command: Sequence[str], kind: str, edges: list[ScriptedEdge], keep: ExitStack) -> Outcome:
    """Runs it with edges that other trials have used; one that it breaks ends with `keep`."""
    started = time.monotonic()
    fault = ""
    try:
        if not edges:
            edges.append(keep.enter_context(scripted_edge()))
        with ExitStack() as stack:
            bench = Bench(command, kind, edges, stack)
            one.body(bench)
            del edges[1:]
    except Exception as error:
        at = traceback.extract_tb(error.__traceback__)
        here = next((each for each in reversed(at) if Path(each.filename).stem in _TRIALS), at[-1])
        fault = f"{Path(here.filename).name}:{here.lineno}: {here.line}\n{type(error).__name__}: {error}"
        del edges[1:]
    return Outcome(one, time.monotonic() - started, fault)
