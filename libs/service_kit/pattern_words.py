"""What the patterns of requests ask for, in words. A test holds them to the patterns in the APIs' documents."""

from __future__ import annotations

from collections.abc import Mapping

_KEY = "must be 1 to 128 of {}, digits, '.', '_' and '-', and begin with a letter or a digit"

PATTERN_WORDS: Mapping[str, str] = {
    r"^[a-z0-9][a-z0-9._-]{0,127}$": _KEY.format("small letters"),
    r"^[A-Za-z0-9][A-Za-z0-9._-]{0,127}$": _KEY.format("letters"),
    r"^[a-z][a-z_-]{0,63}$": "must be 1 to 64 of small letters, '_' and '-', and begin with a letter",
    r"^[a-z_]{1,40}:[a-z_]{1,40}$": "must be a right like flag:update",
    r"^[A-Za-z0-9._,-]*$": "must be made of letters, digits, '.', '_', '-' and commas",
    r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$": "must be a day like 2026-01-31",
    r"^([01]\d|2[0-3]):[0-5]\d$": "must be a time of day like 02:30",
    r"^[ -~]+$": "must be made of letters, digits and signs of ASCII",
    r"^[!#-\[\]-~]{1,100}$": (
        "must be 1 to 100 letters, digits and signs of ASCII, without spaces, quotes and backslashes"
    ),
    r"^[^\x00-\x1f]*$": "must have no control characters",
    r"^([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?$": (
        "must be a domain like example.com, in small letters"
    ),
    r"^[^\s@\x00-\x1f\x7f<>()\[\],;:\\\"]{1,64}@[^\s@\x00-\x1f\x7f<>()\[\],;:\\\".]+"
    r"(\.[^\s@\x00-\x1f\x7f<>()\[\],;:\\\".]+)*$".replace('\\"', '"'): "must be an address like anna@example.com",
    r"^[a-z0-9-]{1,32}$": "must be 1 to 32 of small letters, digits and '-', like eu-central-1",
    r"^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$": (
        "must be 3 to 63 of small letters, digits, '.' and '-', and begin and end with a letter or a digit"
    ),
    r"^[A-Za-z0-9_][A-Za-z0-9_.=-]{0,127}(/[A-Za-z0-9_][A-Za-z0-9_.=-]{0,127}){0,15}$": (
        "must be a path like exports/shop: parts of letters, digits, '_', '.', '=' and '-' between single slashes"
    ),
    r"^[A-Za-z_][A-Za-z0-9_$]{0,254}$": (
        "must be 1 to 255 of letters, digits, '_' and '$', and begin with a letter or '_'"
    ),
    r"^[A-Za-z0-9_-]{1,64}(\.[A-Za-z0-9_-]{1,64}){0,2}$": "must be an account like acme-prod.eu-central-1",
}
