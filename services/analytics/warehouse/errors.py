"""Errors of the warehouse.

WarehouseError
├── WarehouseUnavailable  away, overloaded or not set up: try again later, nothing is wrong with the rows
│   └── TablesMissing     tables or the whole database are not there
├── RowsRefused           it will never take these rows as they are
└── QueryTooExpensive     the query needs more time or memory than it is allowed
"""

from __future__ import annotations

from analytics.warehouse.refusals import AWAY, TABLES_MISSING, TABLES_MISSING_CODES, Refusal, refusal_of


class WarehouseError(Exception):
    """The root; the text never contains a password."""


class WarehouseUnavailable(WarehouseError):
    """ClickHouse can't be reached or can't answer now; `refusal` says why and for how long."""

    def __init__(self, text: str, refusal: Refusal = AWAY) -> None:
        super().__init__(text)
        self.refusal = refusal


class TablesMissing(WarehouseUnavailable):
    """ClickHouse has lost tables, or never had them."""

    def __init__(self, text: str) -> None:
        super().__init__(text, TABLES_MISSING)


class RowsRefused(WarehouseError):
    """ClickHouse (or its wire format) can't represent at least one of the rows."""


class QueryTooExpensive(WarehouseError):
    """The query hit its limit of time or memory."""


_REFUSAL_CODES = frozenset(
    {
        6,  # CANNOT_PARSE_TEXT
        26,  # CANNOT_PARSE_QUOTED_STRING
        27,  # CANNOT_PARSE_INPUT_ASSERTION_FAILED
        32,  # ATTEMPT_TO_READ_AFTER_EOF
        33,  # CANNOT_READ_ALL_DATA
        38,  # CANNOT_PARSE_DATE
        41,  # CANNOT_PARSE_DATETIME
        53,  # TYPE_MISMATCH
        69,  # ARGUMENT_OUT_OF_BOUND
        70,  # CANNOT_CONVERT_TYPE
        72,  # CANNOT_PARSE_NUMBER
        117,  # INCORRECT_DATA
        131,  # TOO_LARGE_STRING_SIZE
        190,  # SIZES_OF_ARRAYS_DONT_MATCH
        321,  # VALUE_IS_OUT_OF_RANGE_OF_DATA_TYPE
        349,  # CANNOT_INSERT_NULL_IN_ORDINARY_COLUMN
        407,  # DECIMAL_OVERFLOW
        469,  # VIOLATED_CONSTRAINT
    }
)
_EXPENSIVE_CODES = frozenset({158, 159, 160, 241, 307, 396})


def insert_error(code: int | None, text: str) -> WarehouseError:
    """The error of an insert. Only codes that speak of the data refuse rows; all else is worth another try."""
    if code in _REFUSAL_CODES:
        return RowsRefused(f"ClickHouse error {code}: {text}")
    return _unavailable(code, text)


def query_error(code: int | None, text: str) -> WarehouseError:
    """The error of a query."""
    if code in _EXPENSIVE_CODES:
        return QueryTooExpensive(f"ClickHouse error {code}: {text}")
    return _unavailable(code, text)


def _unavailable(code: int | None, text: str) -> WarehouseUnavailable:
    named = text if code is None else f"ClickHouse error {code}: {text}"
    return TablesMissing(named) if code in TABLES_MISSING_CODES else WarehouseUnavailable(named, refusal_of(code))
