"""The build of the pages: a folder with `index.html` and hashed `assets`, read once and kept in memory."""

from __future__ import annotations

import hashlib
import mimetypes
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

NONCE = "{nonce}"
"""Where the nonce of an answer stands in the text of the index."""
_PACKED = {"br": ".br", "gzip": ".gz"}
"""Files that the build has packed, by the name of the encoding; the first one is the smallest."""
_KINDS = {
    ".js": "text/javascript; charset=utf-8",
    ".css": "text/css; charset=utf-8",
    ".svg": "image/svg+xml",
    ".json": "application/json",
    ".webmanifest": "application/manifest+json",
    ".woff2": "font/woff2",
}
_FOLDERS = (Path(__file__).parent / "dist", Path(__file__).resolve().parents[3] / "web" / "dist")
"""Of an installed package, and of a source tree."""


@dataclass(frozen=True, slots=True)
class Form:
    """A file as it goes over the wire. `encoding` is empty for the file itself."""

    encoding: str
    body: bytes
    etag: str


@dataclass(frozen=True, slots=True)
class File:
    """`forms`: the best one first, the plain one last."""

    kind: str
    forms: tuple[Form, ...]

    def form(self, accepted: str) -> Form:
        """The best one that `Accept-Encoding` allows."""
        qualities = _qualities(accepted)
        return next(
            (each for each in self.forms if qualities.get(each.encoding, qualities.get("*", 0.0)) > 0), self.forms[-1]
        )


@dataclass(frozen=True, slots=True)
class Build:
    """`index` has NONCE where the answer's own stands; `files` by path: `/assets/…`, and what stands beside the
    index."""

    index: tuple[str, ...]
    files: Mapping[str, File]

    def page(self, nonce: str) -> bytes:
        return nonce.join(self.index).encode()


def read_build(folder: str = "", usual: Sequence[Path] = _FOLDERS) -> Build | None:
    """The build in this folder, or (empty) where one belongs; None where there is none."""
    for each in [Path(folder)] if folder else usual:
        if (each / "index.html").is_file():
            return _read(each)
    return None


def _read(folder: Path) -> Build:
    index = (folder / "index.html").read_text("utf-8")
    packed = set(_PACKED.values())
    return Build(
        tuple(re.sub(r"<(script|style)\b", rf'<\1 nonce="{NONCE}"', index).split(NONCE)),
        {
            f"/{path.relative_to(folder).as_posix()}": _file(path)
            for path in sorted(folder.rglob("*"))
            if path.is_file() and path.suffix not in packed and path != folder / "index.html"
        },
    )


def _file(path: Path) -> File:
    forms = []
    for encoding, suffix in (*_PACKED.items(), ("", "")):
        packed = path.with_name(path.name + suffix)
        if packed.is_file():
            body = packed.read_bytes()
            forms.append(Form(encoding, body, f'"{hashlib.sha256(body).hexdigest()[:24]}"'))
    kind = _KINDS.get(path.suffix) or mimetypes.guess_type(path.name)[0] or "application/octet-stream"
    return File(kind, tuple(forms))


def _qualities(accepted: str) -> dict[str, float]:
    found = {}
    for each in accepted.lower().split(","):
        name, _, parameter = each.partition(";")
        quality = parameter.strip().removeprefix("q=")
        found[name.strip()] = float(quality) if re.fullmatch(r"[01](\.\d{0,3})?", quality) else 1.0
    return found
