"""The documentation becomes a site that is whole: every page is reached, nothing is loaded from elsewhere."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urlsplit

import pytest

from deploy.site.errors import SiteError
from deploy.site.links import Links
from deploy.site.markdown import pipes_in_code, regular_lists
from deploy.site.navigation import navigation
from deploy.site.pictures import with_drawings
from deploy.site.references.agreed_api import read_api
from deploy.site.references.openapi import api_pages
from deploy.site.sources import APIS, ROOT, pages

LOADING = {"script": "src", "img": "src", "iframe": "src", "link": "href"}
ASSETS = ROOT / "deploy/site/assets"


class Html(HTMLParser):
    """What a page links to, and what it loads."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.links: set[str] = set()
        self.loaded: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        told = dict(attrs)
        if tag == "a" and told.get("href"):
            self.links.add(str(told["href"]))
        if tag in LOADING and told.get(LOADING[tag]):
            self.loaded.add(str(told[LOADING[tag]]))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = ["-m", "deploy.site", "--output", str(folder / "site"), "--scratch", str(folder / "pages")]
    made = subprocess.run([sys.executable, *command], cwd=ROOT, capture_output=True, text=True, check=False)
    assert made.returncode == 0, made.stdout + made.stderr
    return folder / "site"


@pytest.fixture(scope="module")
def read(site: Path) -> dict[Path, Html]:
    return {each: Html(each.read_text(encoding="utf-8")) for each in site.rglob("*.html")}


def test_every_page_is_reached_from_the_first_one(site: Path, read: dict[Path, Html]) -> None:
    reached, waiting = set[Path](), [site / "index.html"]
    while waiting:
        page = waiting.pop()
        if page in reached:
            continue
        reached.add(page)
        for link in read[page].links:
            parts = urlsplit(link)
            if not parts.scheme and parts.path:
                there = (page.parent / unquote(parts.path)).resolve()
                there = there / "index.html" if there.is_dir() else there
                assert there.exists(), f"{page.relative_to(site)} links to {link}"
                waiting += [there] if there in read else []
    assert {each.relative_to(site).as_posix() for each in read.keys() - reached} == {"404.html"}


def test_nothing_is_loaded_from_elsewhere(site: Path, read: dict[Path, Html]) -> None:
    for page, html in read.items():
        for address in html.loaded:
            assert not urlsplit(address).netloc, f"{page.relative_to(site)} loads {address}"
    styles = [each.read_text(encoding="utf-8") for each in site.rglob("*.css")]
    assert styles
    assert [found for each in styles for found in re.findall(r"(?:url\(|@import )[\"']?https?:[^)\"']*", each)] == []
    assert [page for page in read if "class=mermaid" in (text := page.read_text()) or 'class="mermaid"' in text] == []


def test_the_search_knows_the_pages(site: Path) -> None:
    index = json.loads((site / "search/search_index.json").read_text(encoding="utf-8"))
    found = {each["location"].partition("#")[0] for each in index["docs"]}
    assert {"statistics.html", "reference/edge/evaluation.html", "operations/metrics.html"} <= found
    assert (site / "search/search_index.js").read_text(encoding="utf-8").startswith("var __index")
    assert len(found) > len(pages())


@pytest.mark.parametrize("name", APIS)
def test_a_reference_has_every_operation_with_its_refusals(name: str) -> None:
    text = (ROOT / f"tests/contract/snapshots/openapi-{APIS[name]}.txt").read_text()
    api = read_api(text, name)
    assert len(api.operations) == len(re.findall(r"^/paths/.*/operationId \"", text, re.MULTILINE))
    made = "\n".join(api_pages(api, "what it is for").values())
    for each in api.operations:
        assert f"## `{each.method.upper()} {each.path}` {{ #{each.anchor} }}" in made
        assert each.document["summary"]
    assert len({(each.tag, each.anchor) for each in api.operations}) == len(api.operations)


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        pytest.param("text\n- a\n- b", "text\n\n- a\n- b", id="begins after an empty line"),
        pytest.param("1. a\n   more\n   - b", "1. a\n    more\n    - b", id="inside an item"),
        pytest.param(
            "1. a\n\n   ```\n   x\n     y\n   ```\n\nb", "1. a\n\n    ```\n    x\n      y\n    ```\n\nb", id="code"
        ),
        pytest.param("- a\n  - b\n\n    c\n- d", "- a\n    - b\n\n        c\n- d", id="two deep"),
        pytest.param("in the year\n1984. Then", "in the year\n1984. Then", id="a number in a sentence"),
        pytest.param("```\n- a\n  - b\n```", "```\n- a\n  - b\n```", id="no list in code"),
    ],
)
def test_lists_are_as_deep_as_they_are_meant(given: str, wanted: str) -> None:
    assert regular_lists(given) == wanted


def test_a_pipe_in_code_divides_nothing() -> None:
    assert pipes_in_code("| `a\\|b` | c\\|d |") == "| `a|b` | c\\|d |"


def test_links_lead_to_pages_and_to_nothing_else() -> None:
    links = Links(ROOT, {"docs/edge.md": "edge.md", "proto": "reference/proto/index.md"})
    text = "[edge](../edge.md#grpc), [`p`](../../proto), [s](../../services), [x](https://x.example), `[c](d)`"
    assert links.rewritten(text, "docs/operations/install.md", "operations/install.md") == (
        "[edge](../edge.md#grpc), [`p`](../reference/proto/index.md), "
        '<span class="in-source" title="services in the source tree">s</span>, [x](https://x.example), `[c](d)`'
    )
    with pytest.raises(SiteError, match=r"docs/a\.md links to docs/gone\.md"):
        links.rewritten("[gone](gone.md)", "docs/a.md", "a.md")


def test_the_drawing_has_the_words_of_the_diagram() -> None:
    assert "<svg" in with_drawings((ROOT / "README.md").read_text(), ASSETS)
    with pytest.raises(SiteError, match="lacks a new service"):
        with_drawings("```mermaid\nflowchart LR\n  a[a new service]\n```\n", ASSETS)


def test_a_page_that_no_section_names_stands_where_its_folder_does() -> None:
    told = json.dumps(navigation([*pages().values(), "operations/new.md", "new.md"]))
    assert told.count('"operations/new.md"') == told.count('"new.md"') == 1
    with pytest.raises(ValueError, match="no section takes elsewhere/new"):
        navigation(["elsewhere/new.md"])
