"""Links of the repository as links of the site: to pages, to what is made from a file, or to no page at all."""

from __future__ import annotations

import posixpath
import re
from html import escape
from pathlib import Path

from deploy.site.errors import SiteError
from deploy.site.markdown import outside_fences

_LINK = re.compile(
    r"(?P<ticks>`+)(?:.+?)(?P=ticks)(?!`)"
    r"|(?P<picture>!?)\[(?P<text>(?:[^\[\]]|\[[^\[\]]*\])*)\]\((?P<target>[^()\s]+)\)",
    re.DOTALL,
)
_ELSEWHERE = re.compile(r"^(?:[a-z][a-z0-9+.-]*:|#)")


class Links:
    """Rewrites the links of pages. `places`: where the site has a path of the repository."""

    def __init__(self, root: Path, places: dict[str, str]) -> None:
        self._root = root
        self._places = places

    def rewritten(self, text: str, source: str, place: str) -> str:
        """The page that stands at `source` in the repository and at `place` in the site. Raises `SiteError`."""

        def link(found: re.Match[str]) -> str:
            target = found["target"]
            if target is None or _ELSEWHERE.match(target):
                return found[0]
            return self._link(found, source, place)

        return outside_fences(text, lambda part: _LINK.sub(link, part))

    def _link(self, found: re.Match[str], source: str, place: str) -> str:
        path, sharp, anchor = found["target"].partition("#")
        wanted = posixpath.normpath(posixpath.join(posixpath.dirname(source), path))
        if not (self._root / wanted).exists():
            raise SiteError(f"{source} links to {wanted}, which does not exist")
        there = self._places.get(wanted)
        if there is None:
            # What is no page stands in the source tree, whose address the site does not know.
            return f'<span class="in-source" title="{escape(wanted)} in the source tree">{found["text"]}</span>'
        relative = posixpath.relpath(there, posixpath.dirname(place) or ".")
        return f"{found['picture']}[{found['text']}]({relative}{sharp}{anchor})"
