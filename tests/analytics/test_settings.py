"""Wrong settings end the process with a sentence each, and without their values."""

from __future__ import annotations

import pytest
from analytics.commands.destinations import sealer
from analytics.commands.warehouses import warehouse_settings
from analytics.settings import LoadSettings, ServeSettings
from service_kit.settings import load_settings


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("FF_CLICKHOUSE_URL", "ftp://warehouse", "FF_CLICKHOUSE_URL: must be http(s)://"),
        ("FF_CLICKHOUSE_URL", "http://verdict:pa/ss@warehouse:8123", "FF_CLICKHOUSE_URL: must be http(s)://"),
        ("FF_CLICKHOUSE_DATABASE", "a-b", "FF_CLICKHOUSE_DATABASE: letters"),
        ("FF_AUTH_JWT_SECRET", "short", "FF_AUTH_JWT_SECRET: must have at least 32 bytes"),
        ("FF_EXPORT_SECRET", "brief", "FF_EXPORT_SECRET: each secret must have at least 32 bytes"),
    ],
)
def test_a_wrong_setting_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, sentence: str
) -> None:
    monkeypatch.setenv("FF_AUTH_JWT_SECRET", "s" * 32)
    monkeypatch.setenv(name, value)
    with pytest.raises(SystemExit) as ended:
        settings = load_settings(ServeSettings)
        warehouse_settings(settings)
        sealer(settings)
    assert f"\n  {sentence}" in str(ended.value)
    assert value not in str(ended.value)


def test_the_loader_looks_at_its_warehouse_too(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FF_CLICKHOUSE_URL", "nowhere")
    with pytest.raises(SystemExit, match="FF_CLICKHOUSE_URL"):
        warehouse_settings(load_settings(LoadSettings))
