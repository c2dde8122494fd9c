"""What runbooks ask `kubectl`, answered for processes instead of pods: `python -m chaos.paths.kubectl`.

`exec` runs the words with a process's own settings, `logs` reads its log, `get pods` lists who runs. What only a
cluster knows (events, nodes, claims) ends with status 69.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
from pydantic import BaseModel, TypeAdapter

PROCESSES_VARIABLE = "VERDICT_WALKED_PROCESSES"
NEEDS_A_CLUSTER = 69
_PREFIX = "verdict-"
_ADMIN_PORT = "9090"
_COMPONENT = "app.kubernetes.io/component="


class WalkedProcess(BaseModel):
    """A process in the place of a pod."""

    name: str
    component: str
    port: int
    pid: int
    log: Path
    environment: dict[str, str]


def main() -> int:
    """The status of what was run."""
    processes = TypeAdapter(list[WalkedProcess]).validate_json(Path(os.environ[PROCESSES_VARIABLE]).read_text("utf-8"))
    words = sys.argv[1:]
    if words[:1] == ["-n"]:
        words = words[2:]
    match words:
        case ["exec", target, "--", *command]:
            return _exec(processes, target.split("/")[1].removeprefix(_PREFIX), command)
        case ["logs", "-l", label, *options]:
            tail = next(int(each.split("=")[1]) for each in options if each.startswith("--tail="))
            return _logs(_chosen(processes, label), tail)
        case ["get", "pods", *options]:
            label = next((each for each in options if each.startswith("app.kubernetes.io/")), "")
            return _pods(_chosen(processes, label))
    print(f"only a cluster answers: kubectl {' '.join(words)}", file=sys.stderr)
    return NEEDS_A_CLUSTER


def _exec(processes: list[WalkedProcess], workload: str, command: list[str]) -> int:
    """`kubectl exec` reaches who runs: a process that doesn't is refused as a pod is that isn't there."""
    found = [each for each in processes if each.component == workload and _state(each) != "Gone"]
    if not found:
        print(f"error: no pod of {_PREFIX}{workload} runs", file=sys.stderr)
        return 1
    process = found[0]
    program = str(Path(sys.executable).with_name(command[0]))
    asked = [each.replace(f", {_ADMIN_PORT})", f", {process.port})") for each in command[1:]]
    return subprocess.run([program, *asked], env={**os.environ, **process.environment}, check=False).returncode


def _logs(processes: list[WalkedProcess], tail: int) -> int:
    for process in processes:
        lines = process.log.read_text("utf-8", "replace").splitlines() if process.log.exists() else []
        for line in lines[-tail:]:
            print(f"[pod/{process.name}/{process.component}] {line}")
    return 0


def _pods(processes: list[WalkedProcess]) -> int:
    print(json.dumps([{"pod": each.name, "status": _state(each)} for each in processes], indent=1))
    return 0


def _chosen(processes: list[WalkedProcess], label: str) -> list[WalkedProcess]:
    component = label.removeprefix(_COMPONENT) if label.startswith(_COMPONENT) else None
    return [each for each in processes if component in (None, each.component)]


def _state(process: WalkedProcess) -> str:
    try:
        state = psutil.Process(process.pid).status()
    except psutil.NoSuchProcess:
        return "Gone"
    gone = (psutil.STATUS_ZOMBIE, psutil.STATUS_DEAD)
    return "Gone" if state in gone else "Frozen" if state == psutil.STATUS_STOPPED else "Running"


if __name__ == "__main__":
    sys.exit(main())
