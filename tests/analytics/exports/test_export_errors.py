"""Errors in words, without secrets."""

from __future__ import annotations

import errno

import pytest
from analytics.exports.destinations.snowflake_errors import snowflake_error
from analytics.exports.destinations.store_errors import file_error, store_error
from analytics.exports.errors import DestinationAway, DestinationRefused


class SnowflakeFailure(Exception):
    def __init__(self, errno: int | None, text: str) -> None:
        super().__init__(text)
        self.errno = errno


@pytest.mark.parametrize(
    ("number", "code", "kind"),
    [
        (errno.ENOSPC, "disk_full", DestinationAway),
        (errno.EACCES, "permission_denied", DestinationRefused),
        (errno.EROFS, "read_only", DestinationRefused),
        (errno.ENOTDIR, "not_a_folder", DestinationRefused),
        (errno.EIO, "folder_failed", DestinationAway),
    ],
)
def test_errors_of_folders(number: int, code: str, kind: type[Exception]) -> None:
    found = file_error(OSError(number, "what the system says", "/srv/exports/org/secret-name"))
    assert (found.code, type(found)) == (code, kind)
    assert "/srv" not in found.words


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("When initiating multiple part upload: AWS Error INVALID_ACCESS_KEY_ID: …", "wrong_credentials"),
        ("AWS Error SIGNATURE_DOES_NOT_MATCH during PutObject", "wrong_credentials"),
        ("AWS Error ACCESS_DENIED during PutObject operation", "access_denied"),
        ("AWS Error NO_SUCH_BUCKET during CreateMultipartUpload", "no_such_bucket"),
        ("AWS Error NETWORK_CONNECTION during PutObject: curlCode: 7, Couldn't connect to server", "store_unreachable"),
        ("AWS Error UNKNOWN (HTTP status 503)", "store_unreachable"),
        ("AWS Error UNKNOWN: hush hush", "store_failed"),
    ],
    ids=["wrong key", "wrong signature", "access denied", "no bucket", "no connection", "status 503", "anything else"],
)
def test_errors_of_object_stores(text: str, code: str) -> None:
    found = store_error(OSError(text), ["hush"])
    assert found.code == code
    assert "hush" not in found.words


@pytest.mark.parametrize(
    ("number", "text", "code"),
    [
        (250001, "250001 (08001): Failed to connect to DB: Incorrect username or password was specified.",
         "wrong_credentials"),
        (250001, "250001 (08001): Could not connect to Snowflake backend", "snowflake_unreachable"),
        (2003, "002003 (02000): Database 'X' does not exist or not authorized.", "not_there"),
        (3001, "003001 (42501): Insufficient privileges to operate on schema 'S'", "access_denied"),
        (606, "000606 (57P03): No active warehouse selected in the current session.", "no_warehouse"),
        (100038, "100038: Numeric value 'hush' is not recognized", "snowflake_failed"),
    ], ids=['wrong password', 'no connection', 'no database', 'no privilege', 'no warehouse', 'anything else'],
)  # fmt: skip
def test_errors_of_snowflake(number: int, text: str, code: str) -> None:
    found = snowflake_error(SnowflakeFailure(number, text), ["hush"])
    assert found.code == code
    assert "hush" not in found.words
