"""The SDK for browsers: it compiles, does what docs/sdks.md says under Node and in Chromium, is small, and its package
installs into an empty project."""

from __future__ import annotations

import gzip
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from edge_script.process import scripted_edge

from tests.documents.chromium import chromium

WEB = Path(__file__).resolve().parents[2] / "sdks" / "web"
BUILT = ("node_modules", "build", "dist")
BYTES_MAX = 12_000
SECONDS = 240


def run(*command: str, cwd: Path, **environment: str) -> str:
    """What it prints; it must succeed."""
    assert shutil.which(command[0]), f"the tests need {command[0]} on the PATH (README, Two commands)"
    settings = {"npm_config_update_notifier": "false", "FFP_PYTHON": sys.executable, **environment}
    done = subprocess.run(
        command, cwd=cwd, env=os.environ | settings, capture_output=True, text=True, timeout=SECONDS, check=False
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}{done.stderr}"
    return done.stdout


def install(folder: Path, *packages: str) -> None:
    """The packages of the lock file, or these."""
    command = ("npm", "install", *packages) if packages else ("npm", "ci")
    run(*command, "--ignore-scripts", "--prefer-offline", "--no-audit", "--no-fund", cwd=folder)


@pytest.fixture(scope="module")
def web(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The SDK's sources with what they are built by, and built."""
    folder = tmp_path_factory.mktemp("sdks") / "web"
    shutil.copytree(WEB, folder, ignore=shutil.ignore_patterns(*BUILT))
    install(folder)
    run("npm", "run", "build", cwd=folder)
    return folder


@pytest.mark.timeout(SECONDS)
def test_it_does_what_it_says_under_node_and_in_chromium(web: Path) -> None:
    run("npm", "test", cwd=web, CHROMIUM=chromium())


def test_it_is_small_and_evaluates_no_text(web: Path) -> None:
    bundle = (web / "dist/bundle.min.js").read_bytes()
    assert len(gzip.compress(bundle, 9)) <= BYTES_MAX
    assert b"eval(" not in bundle
    assert b"new Function" not in bundle


def test_its_lock_file_names_no_registry() -> None:
    assert '"resolved"' not in (WEB / "package-lock.json").read_text()


README_FLAG = {
    "type": "boolean",
    "variations": {"on": True, "off": False},
    "off_variation": "off",
    "default": {"variation": "on"},
    "client_visible": True,
}
PROGRAM = """
import { FeatureFlagClient, type Detail } from '@feature-flag-platform/web';
const client = new FeatureFlagClient({ envKey: 'k', endpoint: '', offline: true, user: 'ann' });
const color: string = client.variationSync('button-color', undefined, 'blue');
const detail: Detail<boolean> = client.detailSync('new-checkout', undefined, false);
console.log(color, detail.reason, detail.errorCode);
"""
PROVIDING = """
import { OpenFeature } from '@openfeature/web-sdk';
import { FeatureFlagProvider } from '@feature-flag-platform/web/openfeature';
const provider = new FeatureFlagProvider({ envKey: 'k', endpoint: '', offline: true });
OpenFeature.setProvider(provider, { targetingKey: 'ann' });
console.log(provider.metadata.name, OpenFeature.getClient().getStringValue('button-color', 'blue'));
"""


@pytest.mark.timeout(SECONDS)
def test_its_package_installs_into_an_empty_project(web: Path, tmp_path: Path) -> None:
    packed = json.loads(run("npm", "pack", "--ignore-scripts", "--json", "--pack-destination", str(tmp_path), cwd=web))[
        0
    ]
    names = {each["path"] for each in packed["files"]}
    assert {"README.md", "package.json", "dist/index.js", "dist/index.d.ts", "dist/openfeature.d.ts"} <= names
    assert "dist/bundle.min.js" in names
    assert not [name for name in names if "test" in name or "driver" in name]
    project = tmp_path / "project"
    project.mkdir()
    (project / "package.json").write_text('{"name": "empty", "private": true, "type": "module"}')
    install(project, f"../{packed['filename']}")
    assert [each.name for each in (project / "node_modules").iterdir() if not each.name.startswith(".")] == [
        "@feature-flag-platform"
    ]
    (project / "main.ts").write_text(PROGRAM)
    tsc = (str(web / "node_modules/.bin/tsc"), "--strict", "--target", "es2022", "--module", "nodenext")
    run(*tsc, "main.ts", cwd=project)
    assert run("node", "main.js", cwd=project) == "blue ERROR PROVIDER_NOT_READY\n"

    install(project, "@openfeature/web-sdk@1.10.0", "@openfeature/core@1.12.0")
    (project / "providing.ts").write_text(PROVIDING)
    run(*tsc, "providing.ts", cwd=project)
    assert run("node", "providing.js", cwd=project) == "feature-flag-platform-web blue\n"
    with scripted_edge() as edge:
        edge.put("document", {"flags": {"new-feature": README_FLAG}})
        known = f"const envKey = '{edge.client_key}', endpoint = '{edge.edge}', render = () => undefined;\n"
        first, more, providing = re.findall(r"```js\n(.*?)```", (web / "README.md").read_text(), re.DOTALL)
        ended = "console.log(enabled, variation, await client.close());\nprocess.exit();"
        (project / "first.mjs").write_text(known + first + more + ended)
        assert run("node", "first.mjs", cwd=project) == "true blue true\n"
        (project / "providing.mjs").write_text(known + providing + "await OpenFeature.close();\nprocess.exit();")
        run("node", "providing.mjs", cwd=project)
        assert {event["user_key"] for event in edge.get("events?type=metric")} == {"user-7"}
        assert len(edge.get("events?type=metric")) == 2
