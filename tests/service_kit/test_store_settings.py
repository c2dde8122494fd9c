"""What can't be used of the settings of bus and Redis ends the start by name, and never by value."""

from __future__ import annotations

from pathlib import Path

import pytest
from service_kit.settings import load_settings
from service_kit.store_settings import BusSettings, RedisSettings

from tests.certificates import Authority

SECRET = "hush-hush"


class Some(BusSettings, RedisSettings):
    port: int = 1


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("certificates")
    authority = Authority(folder)
    for name in ("one", "other"):
        authority.issue(name)
    (folder / "text.pem").write_text(SECRET)
    (folder / "user.creds").write_text(SECRET)
    return folder


@pytest.mark.parametrize(
    ("given", "named"),
    [
        pytest.param({"NATS_URL": f"http://{SECRET}@a:1"}, "FF_NATS_URL: must be nats://", id="scheme"),
        pytest.param({"NATS_URL": f"nats://u:{SECRET}@:4222"}, "FF_NATS_URL: must be nats://", id="host"),
        pytest.param({"NATS_URL": f"nats://a:4222,nats://u:{SECRET}@b:x"}, "FF_NATS_URL: must be nats://", id="port"),
        pytest.param({"NATS_USERNAME": "u"}, "FF_NATS_PASSWORD", id="no-password"),
        pytest.param({"NATS_PASSWORD": SECRET}, "FF_NATS_USERNAME", id="no-name"),
        pytest.param({"NATS_CREDENTIALS_FILE": "absent"}, "FF_NATS_CREDENTIALS_FILE: can't be read", id="no-creds"),
        pytest.param(
            {"NATS_CREDENTIALS_FILE": "user.creds", "NATS_USERNAME": "u", "NATS_PASSWORD": SECRET},
            "FF_NATS_CREDENTIALS_FILE or FF_NATS_USERNAME",
            id="two-proofs",
        ),
        pytest.param({"NATS_CA_FILE": "absent"}, "FF_NATS_CA_FILE: can't be read (No such file", id="no-authority"),
        pytest.param({"NATS_CA_FILE": "text.pem"}, "FF_NATS_CA_FILE: holds no certificate", id="not-an-authority"),
        pytest.param({"NATS_CERTIFICATE_FILE": "one.pem"}, "FF_NATS_KEY_FILE: a certificate and", id="no-key"),
        pytest.param(
            {"NATS_CERTIFICATE_FILE": "one.pem", "NATS_KEY_FILE": "other.key"},
            "FF_NATS_KEY_FILE: is not the key",
            id="another-key",
        ),
        pytest.param({"REDIS_URL": f"http://u:{SECRET}@a"}, "FF_REDIS_URL: must be", id="redis-scheme"),
        pytest.param({"REDIS_USERNAME": "u"}, "FF_REDIS_PASSWORD", id="redis-no-password"),
        pytest.param(
            {"REDIS_URL": f"redis://:{SECRET}@a", "REDIS_PASSWORD": SECRET}, "not in both", id="redis-two-passwords"
        ),
        pytest.param(
            {"REDIS_URL": "redis://a", "REDIS_CA_FILE": "authority.pem"}, "FF_REDIS_URL must begin", id="redis-no-tls"
        ),
        pytest.param(
            {"REDIS_URL": "rediss://a", "REDIS_CA_FILE": "text.pem"}, "FF_REDIS_CA_FILE: holds", id="redis-authority"
        ),
    ],
)
def test_a_wrong_setting_is_named(
    monkeypatch: pytest.MonkeyPatch, files: Path, given: dict[str, str], named: str
) -> None:
    for name, value in given.items():
        monkeypatch.setenv(f"FF_{name}", str(files / value) if name.endswith("_FILE") else value)
    with pytest.raises(SystemExit) as stopped:
        load_settings(Some)
    assert named in str(stopped.value)
    assert SECRET not in str(stopped.value)


def test_secrets_are_not_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FF_NATS_URL", f"nats://u:{SECRET}@a:1")
    monkeypatch.setenv("FF_REDIS_URL", f"redis://:{SECRET}@a")
    assert SECRET not in repr(load_settings(Some))


def test_nothing_asks_for_tls_by_default(monkeypatch: pytest.MonkeyPatch, files: Path) -> None:
    monkeypatch.setenv("FF_NATS_CREDENTIALS_FILE", "")
    assert load_settings(Some).nats_tls() is None
    monkeypatch.setenv("FF_NATS_URL", "nats://a:1, tls://b:2")
    assert load_settings(Some).nats_tls() is not None
    monkeypatch.setenv("FF_NATS_URL", "nats://a:1")
    monkeypatch.setenv("FF_NATS_CA_FILE", str(files / "authority.pem"))
    assert load_settings(Some).nats_tls() is not None
