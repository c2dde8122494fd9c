"""No line tells a secret: those of the settings by their value, and what looks like a key, a token or a password."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from service_kit.log_secrets import conceal, forget, hold
from service_kit.logs import configure_logging, get_logger
from service_kit.setting_values import Secret
from service_kit.settings import Settings, load_settings

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbm5hIn0.c2lnbmF0dXJl"


class Given(Settings):
    a_url: Secret = Secret("")
    a_password: Secret = Secret("")


@pytest.fixture(autouse=True)
def nothing_held() -> Iterator[None]:
    yield
    forget()


@pytest.mark.parametrize(
    ("text", "told"),
    [
        pytest.param("at postgres://verdict:hush-hush@db:5432/a", "at postgres://***@db:5432/a", id="address"),
        pytest.param("nats://a-token@a:4222,nats://b:4222", "nats://***@a:4222,nats://b:4222", id="token-in-address"),
        pytest.param("key sdk-server-AbC_dEf-0123456789xyz!", "key sdk-server-***!", id="sdk-key"),
        pytest.param("vt_0123456789abcdef-XYZ used", "vt_*** used", id="service-token"),
        pytest.param("Authorization: Bearer abc.def-1", "Authorization: Bearer ***", id="bearer"),
        pytest.param(f"token {JWT} is over", "token *** is over", id="access-token"),
        pytest.param("/v1/events?client_key=abc&x=1", "/v1/events?client_key=***&x=1", id="key-in-address"),
        pytest.param("https://a.example/path?x=1", "https://a.example/path?x=1", id="nothing-secret"),
        pytest.param("somebody@example.com", "somebody@example.com", id="no-address"),
    ],
)
def test_what_looks_like_a_secret_is_hidden(text: str, told: str) -> None:
    assert conceal(text) == told


def test_secrets_of_the_settings_are_hidden_wherever_they_stand(
    capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FF_A_URL", "postgres://verdict:p%40ss-in-url@db/verdict")
    monkeypatch.setenv("FF_A_PASSWORD", 'quo"te\\and ümlaut')
    given = load_settings(Given)
    configure_logging("tests")
    log = get_logger("tests")
    password = given.a_password.get_secret_value()
    try:
        raise ConnectionError(f"refused for {password}, {given.a_url.get_secret_value()}")
    except ConnectionError as error:
        log.error(f"failed with {password}", reason=str(error), nested={"deep": ["p@ss-in-url"]}, exc_info=error)
    line = capsys.readouterr().err
    for secret in (password, json.dumps(password)[1:-1], json.dumps(password, ensure_ascii=False)[1:-1]):
        assert secret not in line
    assert "p%40ss" not in line
    assert "p@ss" not in line
    assert json.loads(line)["message"] == "failed with ***"
    assert "ConnectionError: refused for ***" in json.loads(line)["traceback"]


def test_a_short_word_is_no_secret_and_the_longest_is_hidden_whole() -> None:
    hold(["on", "hush-hush", "hush-hush-more"])
    assert conceal("on hush-hush-more hush-hush") == "on *** ***"
