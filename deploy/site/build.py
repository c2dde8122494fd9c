"""Gathers the pages of the site, and has mkdocs make it: strictly, so that a broken link or anchor is an error."""

from __future__ import annotations

import logging
import shutil
from pathlib import Path

from mkdocs.commands.build import build as build_with_mkdocs
from mkdocs.config import load_config
from mkdocs.exceptions import Abort, MkDocsException

from deploy.site.errors import SiteError
from deploy.site.links import Links
from deploy.site.markdown import pipes_in_code, regular_lists
from deploy.site.navigation import navigation
from deploy.site.pictures import with_drawings
from deploy.site.references.agreed_api import read_api
from deploy.site.references.openapi import api_pages
from deploy.site.references.proto import proto_pages
from deploy.site.references.settings import settings_page
from deploy.site.sources import APIS, ROOT, pages, pictures, places

_OWN = Path("deploy/site")
_ABOUT = {
    "control-plane": "What people and programs change and ask: flags, segments, experiments, people, rights, history.",
    "edge": "What applications ask: which variation, and why; over OFREP, plain HTTP, and server-sent events.",
    "events": "Where exposures and metric events arrive, and are durable once they are acknowledged.",
    "analytics": "What analysts read: results with their method, plans, exports, usage.",
}


def gather(folder: Path, root: Path = ROOT) -> list[str]:
    """Write all that mkdocs reads into the folder; returns the pages' places. Raises `SiteError`."""
    links = Links(root, places(root))
    made = _references(root)
    for source, place in pages(root).items():
        text = (root / source).read_text(encoding="utf-8")
        made[place] = with_drawings(links.rewritten(text, source, place), root / _OWN / "assets")
    for place, text in made.items():
        _write(folder / place, pipes_in_code(regular_lists(text)))
    for source, place in pictures(root).items():
        (folder / place).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(root / source, folder / place)
    shutil.copytree(root / _OWN / "assets", folder / "assets", ignore=shutil.ignore_patterns("*.drawing.svg"))
    return list(made)


def build(output: Path, scratch: Path, root: Path = ROOT) -> int:
    """Make the site anew, with what mkdocs reads in `scratch`; returns how many pages it has. Raises `SiteError`."""
    shutil.rmtree(scratch, ignore_errors=True)
    made = gather(scratch, root)
    heard = _Heard()
    log = logging.getLogger("mkdocs")
    log.setLevel(logging.WARNING)
    log.addHandler(heard)
    try:
        config = load_config(
            str(root / _OWN / "mkdocs.yml"),
            docs_dir=str(scratch.absolute()),
            site_dir=str(output.absolute()),
            nav=navigation(made),
        )
        build_with_mkdocs(config)
    except (MkDocsException, Abort, ValueError) as error:
        raise SiteError("\n".join([f"the site is not made: {error}", *heard.said])) from error
    finally:
        log.removeHandler(heard)
    return len(made)


class _Heard(logging.Handler):
    """What mkdocs warns of, which it then counts alone."""

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.said: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        self.said.append(record.getMessage())


def _references(root: Path) -> dict[str, str]:
    made = {
        "reference/settings.md": settings_page((root / ".env.example").read_text(encoding="utf-8")),
    }
    for name, about in _ABOUT.items():
        file = root / f"tests/contract/snapshots/openapi-{APIS[name]}.txt"
        api = read_api(file.read_text(encoding="utf-8"), file.name)
        made |= {f"reference/{name}/{place}": text for place, text in api_pages(api, about).items()}
    made |= {f"reference/proto/{place}": text for place, text in proto_pages(root / "proto").items()}
    return made


def _write(file: Path, text: str) -> None:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(text, encoding="utf-8")
