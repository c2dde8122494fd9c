"""`control_plane verify-audit` as it is typed: what it prints, and what it ends with."""

from __future__ import annotations

from pathlib import Path

import pytest
from control_plane.main import main

SECRET = "a-secret-of-the-tests-with-more-than-32-bytes"


@pytest.fixture
def typed(monkeypatch: pytest.MonkeyPatch, postgres_url: str) -> None:
    """Settings as an operator has them, of a database without anybody in it."""
    monkeypatch.setenv("FF_DATABASE_URL", postgres_url)
    monkeypatch.setenv("FF_AUTH_JWT_SECRET", SECRET)
    monkeypatch.setattr("sys.argv", ["control_plane", "migrate"])
    main()


def status(monkeypatch: pytest.MonkeyPatch, *arguments: str) -> int | str | None:
    monkeypatch.setattr("sys.argv", ["control_plane", "verify-audit", *arguments])
    with pytest.raises(SystemExit) as ended:
        main()
    return ended.value.code


@pytest.mark.usefixtures("typed")
def test_an_empty_installation_is_intact(monkeypatch: pytest.MonkeyPatch) -> None:
    assert status(monkeypatch) == 0


@pytest.mark.usefixtures("typed")
def test_what_can_t_be_said_is_neither_intact_nor_tampered_with(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    assert status(monkeypatch, "--organization", "nobody") == 2
    assert "there is no organization nobody" in capsys.readouterr().err
    empty = tmp_path / "head.json"
    empty.write_text("{}")
    assert status(monkeypatch, "--head", str(empty)) == 2
    assert "there is no head of an audit log in it" in capsys.readouterr().err
    monkeypatch.delenv("FF_DATABASE_URL")
    assert status(monkeypatch) == 2
    assert "FF_DATABASE_URL" in capsys.readouterr().err
