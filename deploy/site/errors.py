"""Why a site is not built."""

from __future__ import annotations


class SiteError(RuntimeError):
    """A page links to what does not exist, or a reference can't be read; the message names the file."""
