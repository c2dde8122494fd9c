"""Why a release is refused."""


class ReleaseError(Exception):
    """The release can't be made; the message says what to do."""
