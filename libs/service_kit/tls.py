"""TLS of a client: whom it trusts, and how it proves itself."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from pathlib import Path


class TlsFileUnusable(ValueError):
    """A file can't be used; `kind` says which (`ca_file`, `certificate_file`, `key_file`), the message why."""

    def __init__(self, kind: str, reason: str) -> None:
        super().__init__(reason)
        self.kind = kind


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsFiles:
    """Files in PEM; None: the system's authorities, and no certificate."""

    ca_file: Path | None = None
    certificate_file: Path | None = None
    key_file: Path | None = None

    def __bool__(self) -> bool:
        return any((self.ca_file, self.certificate_file, self.key_file))

    def context(self) -> ssl.SSLContext:
        """Raises TlsFileUnusable."""
        for kind in ("ca_file", "certificate_file", "key_file"):
            path: Path | None = getattr(self, kind)
            if path is not None:
                _check_readable(kind, path)
        if (self.certificate_file is None) != (self.key_file is None):
            missing = "key_file" if self.key_file is None else "certificate_file"
            raise TlsFileUnusable(missing, "a certificate and its key are given together")
        try:
            context = ssl.create_default_context(cafile=self.ca_file)
        except ssl.SSLError:
            raise TlsFileUnusable("ca_file", "holds no certificate in PEM") from None
        if self.certificate_file is not None:
            try:
                context.load_cert_chain(self.certificate_file, self.key_file, password="")
            except ssl.SSLError:
                reason = "is not the key of the certificate, or one of the two is not in PEM without a password"
                raise TlsFileUnusable("key_file", reason) from None
        return context


def _check_readable(kind: str, path: Path) -> None:
    try:
        with path.open("rb") as file:
            file.read(1)
    except OSError as error:
        raise TlsFileUnusable(kind, f"can't be read ({error.strerror})") from None
