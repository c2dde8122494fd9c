"""Errors of files, buckets and servers in words."""

from __future__ import annotations

import errno
import re
from collections.abc import Iterable

from analytics.exports.errors import DestinationAway, DestinationError, DestinationRefused

_TEXT_MAX = 300
_FILE_ERRORS = {
    errno.EACCES: ("permission_denied", "the service may not write there"),
    errno.EPERM: ("permission_denied", "the service may not write there"),
    errno.EROFS: ("read_only", "the folder is on a file system that can't be written"),
    errno.EEXIST: ("not_a_folder", "a part of the path is a file, not a folder"),
    errno.ENOTDIR: ("not_a_folder", "a part of the path is a file, not a folder"),
    errno.ENAMETOOLONG: ("name_too_long", "the path is too long"),
}
_FULL = {errno.ENOSPC, errno.EDQUOT}
_STORE_ERRORS = (
    (
        r"InvalidAccessKeyId|INVALID_ACCESS_KEY_ID|INVALID_CLIENT_TOKEN",
        "wrong_credentials",
        "the access key is unknown",
    ),
    (r"SignatureDoesNotMatch|SIGNATURE_DOES_NOT_MATCH", "wrong_credentials", "the secret access key is wrong"),
    (r"ExpiredToken|TokenRefreshRequired", "expired_credentials", "the credentials have expired"),
    (r"ACCESS_DENIED|AccessDenied|HTTP status 403", "access_denied", "the credentials may not do this in the bucket"),
    (r"NoSuchBucket|NO_SUCH_BUCKET", "no_such_bucket", "there is no such bucket"),
    (r"PermanentRedirect|301|AuthorizationHeaderMalformed", "wrong_region", "the bucket is in another region"),
)
_AWAY = re.compile(
    r"NETWORK_CONNECTION|curlCode|Couldn't|timed? ?out|SLOW_DOWN|INTERNAL_FAILURE|SERVICE_UNAVAILABLE"
    r"|HTTP status 5\d\d",
    re.IGNORECASE,
)


def without(text: str, secrets: Iterable[str]) -> str:
    """The first lines of a text with every secret taken out."""
    for secret in secrets:
        if secret:
            text = text.replace(secret, "•••")
    return " ".join(text.split())[:_TEXT_MAX]


def file_error(error: OSError) -> DestinationError:
    """An error of the file system; paths of the server are not repeated."""
    if error.errno in _FULL:
        return DestinationAway("disk_full", "the disk of the export folder is full")
    if error.errno in _FILE_ERRORS:
        return DestinationRefused(*_FILE_ERRORS[error.errno])
    return DestinationAway("folder_failed", f"the folder can't be written: {error.strerror or type(error).__name__}")


def store_error(error: Exception, secrets: Iterable[str]) -> DestinationError:
    """An error of an object store."""
    text = str(error)
    for pattern, code, words in _STORE_ERRORS:
        if re.search(pattern, text):
            return DestinationRefused(code, f"the object store refused: {words}")
    if _AWAY.search(text):
        return DestinationAway("store_unreachable", "the object store does not answer")
    return DestinationAway("store_failed", f"the object store failed: {without(text, secrets)}")
