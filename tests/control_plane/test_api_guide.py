"""The guide's commands work, in the order in which they stand there."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

GUIDE = Path(__file__).parents[2] / "docs" / "api-guide.md"


def commands() -> list[list[str]]:
    """Method, path, body and version of each call of the guide's `api`."""
    blocks = re.findall(r"```sh\n(.*?)```", GUIDE.read_text(encoding="utf-8"), re.DOTALL)
    calls = [call for block in blocks for call in re.split(r"^(?=api [A-Z])", block, flags=re.MULTILINE)]
    return [[*shlex.split(call)[1:], "", ""][:4] for call in calls if call.startswith("api ")]


async def test_each_command_of_the_guide_is_taken(admin: Any) -> None:
    calls = commands()
    assert len(calls) > 20
    for method, path, body, version in calls:
        headers = {"If-Match": f'"{version}"'} if version else {}
        if body:
            headers["Content-Type"] = "application/json"
        answer = await admin(method, path, headers=headers, content=body)
        assert answer.is_success, (method, path, answer.text)
    running = await admin.ok("GET", "/projects/shop/experiments/checkout-test")
    assert (running["status"], running["layer"]["end"]) == ("stopped", 6000)
    flag = await admin.ok("GET", "/projects/shop/flags/new-checkout")
    switches = {key: each["enabled"] for key, each in flag["environments"].items()}
    assert switches == {"staging": True, "production": False}
