"""What settings are read from, what they take, and what is said of those that can't be used."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import pytest
from service_kit.setting_values import Between, Checks, Reads, Secret, read_value
from service_kit.settings import LongSecret, ServiceSettings, WrongSettings


class Some(ServiceSettings):
    port: Annotated[int, Between(ge=0, le=65535)] = 1
    auth_secret: LongSecret | None = None
    share: Annotated[float, Between(gt=0, le=1)] = 0.5
    loud: bool = False


class Demanding(Some):
    name: str

    def check(self) -> None:
        super().check()
        if self.loud and self.name != "shout":
            raise ValueError("FF_LOUD needs FF_NAME=shout")


def load(kind: type[Some], **given: Any) -> Some:
    return kind(**given)


@pytest.mark.parametrize("secret", ["", "short", "é" * 15, "x" * 31])
def test_a_secret_has_thirty_two_bytes(secret: str) -> None:
    with pytest.raises(ValueError, match="at least 32 bytes"):
        read_value(LongSecret, secret)


@pytest.mark.parametrize("secret", ["é" * 16, "x" * 32])
def test_a_secret_of_that_length_is_taken(secret: str) -> None:
    assert read_value(LongSecret, secret).get_secret_value() == secret


@pytest.mark.parametrize(
    ("kind", "given", "value"),
    [
        (int, " 12 ", 12),
        (int, 12, 12),
        (float, "1e3", 1000.0),
        (float, 2, 2.0),
        (bool, "Yes", True),
        (bool, "0", False),
        (bool, True, True),
        (str, "", ""),
        (Path, "/a", Path("/a")),
        (Secret, "s", Secret("s")),
        (LongSecret | None, None, None),
        (Literal["a", "b"], "b", "b"),
        (Annotated[tuple[str, ...], Reads(lambda text: tuple(text.split(",")))], "a,b", ("a", "b")),
        (Annotated[str, Checks(str.upper)], "a", "A"),
        (Annotated[int, Between(ge=1, le=3)], "3", 3),
    ],
    ids=map(str, range(15)),
)
def test_a_value_is_read(kind: Any, given: Any, value: Any) -> None:
    read = read_value(kind, given)
    assert (read, read.__class__) == (value, value.__class__)


@pytest.mark.parametrize(
    ("kind", "given", "said"),
    [
        (int, "", "must be a whole number"),
        (int, "1.5", "must be a whole number"),
        (int, True, "must be a whole number"),
        (int, "9" * 5000, "must be a whole number"),
        (float, "nan", "must be a number"),
        (float, "inf", "must be a number"),
        (float, 10**400, "must be a number"),
        (bool, "perhaps", "must be true or false"),
        (str, 1, "must be a text"),
        (Literal["a", "b"], "c", "must be one of a, b"),
        (Annotated[int, Between(ge=1, le=3)], "0", "must be at least 1 and at most 3"),
        (Annotated[float, Between(gt=0)], "0", "must be more than 0"),
    ],
    ids=map(str, range(12)),
)
def test_what_is_wrong_with_a_value_is_said(kind: Any, given: Any, said: str) -> None:
    with pytest.raises(ValueError, match=f"^{said}$"):
        read_value(kind, given)


def test_what_a_program_gives_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FF_PORT", "7")
    monkeypatch.setenv("ff_loud", "on")
    settings = Some(share=0.25)
    assert (settings.port, settings.loud, settings.share, settings.host) == (7, True, 0.25, "127.0.0.1")
    assert settings.given(a="port", b="share", c="host") == {"a", "b"}
    assert Some(port=8).port == 8
    assert (settings.changed(port=9).port, settings.port) == (9, 7)


def test_all_that_is_wrong_is_said_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"PORT": "70000", "SHARE": "x", "AUTH_SECRET": "hush"}.items():
        monkeypatch.setenv(f"FF_{name}", value)
    with pytest.raises(WrongSettings) as refused:
        load(Demanding)
    assert refused.value.sentences == [
        "FF_PORT: must be at least 0 and at most 65535",
        "FF_AUTH_SECRET: must have at least 32 bytes",
        "FF_SHARE: must be a number",
        "FF_NAME: must be given",
    ]


def test_what_does_not_go_together_is_said() -> None:
    with pytest.raises(WrongSettings, match=r"^FF_LOUD needs FF_NAME=shout$"):
        Demanding(loud=True, name="whisper")


def test_settings_do_not_change_and_show_no_secret() -> None:
    settings = Some(auth_secret=Secret("s" * 32))
    with pytest.raises(AttributeError, match="port"):
        settings.port = 2  # type: ignore[misc]
    assert "sss" not in f"{settings!r} {settings.auth_secret}"


def test_a_setting_that_is_not_there_is_refused() -> None:
    with pytest.raises(TypeError, match="no setting prot"):
        load(Some, prot=1)
