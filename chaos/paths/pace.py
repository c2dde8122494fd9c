"""The chart's rules at a pace: minutes of waiting become seconds, and what is counted or grows in them becomes less."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

import yaml

from deploy.helm.charts import CHART

RULES = CHART / "files/alerts.yaml"
_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86_400}
_WINDOW = re.compile(r"\[(\d+)([smhd])\]")
_OFFSET = re.compile(r"\boffset (\d+)([smhd])\b")
_COUNTED = re.compile(r"(increase\([^\[]*\[\w+\][\s)]*> )(\d+)\b")
_AGE = re.compile(r"(verdict_\w*(?:age|lag|failing|overdue|lateness)_seconds(?:_bucket)?\b[^>]*> )(\d{2,})\b")


def rules_at(pace: float) -> dict[str, Any]:
    """All groups. `pace` 1: as they are written; 10: each duration, each age and each count is a tenth."""
    written: dict[str, Any] = yaml.safe_load(RULES.read_text(encoding="utf-8"))
    if pace == 1:
        return written
    for group in written["groups"]:
        for rule in group["rules"]:
            rule["expr"] = expression_at(rule["expr"], pace)
            if "for" in rule:
                rule["for"] = _shorter(rule["for"], pace)
    return written


def expression_at(expression: str, pace: float) -> str:
    """Windows, offsets, counts within a window and ages divided by the pace; ratios and latencies stay."""
    counted = _COUNTED.sub(lambda each: f"{each[1]}{float(each[2]) / pace:g}", expression)
    aged = _AGE.sub(lambda each: f"{each[1]}{float(each[2]) / pace:g}", counted)
    windowed = _WINDOW.sub(lambda each: f"[{_shorter(each[1] + each[2], pace)}]", aged)
    return _OFFSET.sub(lambda each: f"offset {_shorter(each[1] + each[2], pace)}", windowed)


def _shorter(duration: str, pace: float) -> str:
    return f"{max(1, round(float(duration[:-1]) * _UNITS[duration[-1]] / pace))}s"


def alert_expressions(alerts: Sequence[str]) -> list[str]:
    """As they are written, with what is recorded for them."""
    rules = [rule for group in rules_at(1)["groups"] for rule in group["rules"]]
    records = {rule["record"]: rule["expr"] for rule in rules if "record" in rule}
    own = [rule["expr"] for rule in rules if rule.get("alert") in alerts]
    return own + [told for name, told in records.items() if any(name in each for each in own)]
