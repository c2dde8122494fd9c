"""Logs as JSON lines on standard error, each with the request id if there is one. Never log secrets or PII."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from contextvars import ContextVar
from typing import Any

import msgspec

_request_id: ContextVar[str] = ContextVar("request_id", default="")
LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "httpcore", "nats", "casbin")
"""Loggers of libraries, which tell warnings and worse alone."""
_STANDARD_LEVELS = {"DEBUG", "INFO", "WARNING", "ERROR"}


def current_request_id() -> str:
    """The id of the request being served, or an empty text outside of one."""
    return _request_id.get()


def name_worker(number: int) -> None:
    """Every line of this process says which worker it is."""
    for handler in logging.root.handlers:
        if isinstance(handler.formatter, JsonFormatter):
            handler.formatter.worker = number


def set_request_id(request_id: str) -> None:
    _request_id.set(request_id)


class JsonFormatter(logging.Formatter):
    """One JSON object per record: time (UTC), level, logger, message, request id, and the given fields. `worker`: which
    one of its service this process is, where there are several."""

    def __init__(self, service: str) -> None:
        super().__init__()
        self._service = service
        self.worker: int | None = None

    def format(self, record: logging.LogRecord) -> str:
        line: dict[str, Any] = {
            "time": time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created)) + f".{int(record.msecs):03d}Z",
            "level": record.levelname,
            "service": self._service,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if self.worker is not None:
            line["worker"] = self.worker
        if request_id := current_request_id():
            line["request_id"] = request_id
        line.update(getattr(record, "fields", {}))
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = "".join(traceback.format_exception(record.exc_info[1]))
        return msgspec.json.encode(line, enc_hook=str).decode()


def configure_logging(service: str, level: str = "INFO") -> None:
    """Sends all logging of the process to standard error as JSON lines. `level`: DEBUG, INFO, WARNING, ERROR."""
    if level.upper() not in _STANDARD_LEVELS:
        raise SystemExit(f"FF_LOG_LEVEL: one of {', '.join(sorted(_STANDARD_LEVELS))}, not {level!r}")
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.root.handlers = [handler]
    logging.root.setLevel(level.upper())
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
        logger.setLevel("WARNING")


class Logger:
    """A logger with fields: `log.info("config applied", environment=id, version=3)`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)

    def debug(self, message: str, **fields: Any) -> None:
        self._emit(logging.DEBUG, message, fields)

    def info(self, message: str, **fields: Any) -> None:
        self._emit(logging.INFO, message, fields)

    def warning(self, message: str, **fields: Any) -> None:
        self._emit(logging.WARNING, message, fields)

    def error(self, message: str, **fields: Any) -> None:
        self._emit(logging.ERROR, message, fields)

    def _emit(self, level: int, message: str, fields: dict[str, Any]) -> None:
        if self._logger.isEnabledFor(level):
            error = fields.pop("exc_info", None)
            self._logger.log(level, message, exc_info=error, extra={"fields": fields})


def get_logger(name: str) -> Logger:
    return Logger(name)
