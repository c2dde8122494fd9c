"""Logs as JSON lines on standard error, each with the ids of its request and trace. Never log secrets or PII.

Its level changes while the process runs; how much of it one thing may be is bounded (`log_volume`), and what looks like
a secret is hidden (`log_secrets`).
"""

from __future__ import annotations

import logging
import os
import signal
import sys
import threading
import time
import traceback
from contextlib import suppress
from contextvars import ContextVar
from typing import Any, TextIO

import msgspec

from service_kit.log_level import SIGNALS
from service_kit.log_secrets import conceal
from service_kit.log_volume import Event, LogVolume
from service_kit.traces import current_ids

_request_id: ContextVar[str] = ContextVar("request_id", default="")
LIBRARIES = ("uvicorn", "uvicorn.error", "uvicorn.access", "httpx", "httpcore", "nats", "casbin")
"""Loggers that libraries lay handlers to, or levels."""
_OWN_BELOW = ("bus", "config_follower", "kept_stream")
"""Of packages that don't know this one."""
_LEVELS = ("ERROR", "WARNING", "INFO", "DEBUG")
_TEXT_MAX = 4_000
_TRACEBACK_MAX = 12_000
_own: set[str] = {*_OWN_BELOW}


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
    """One JSON object per record: time (UTC), level, logger, message, ids of request and trace, and the given fields.
    `worker`: which one of its service this process is, where there are several."""

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
            "message": _bounded(record.getMessage()),
        }
        if self.worker is not None:
            line["worker"] = self.worker
        if request_id := current_request_id():
            line["request_id"] = request_id
        if (ids := current_ids()) is not None:
            line["trace_id"], line["span_id"] = ids.trace_id, ids.span_id
        line.update({name: _bounded(each) for name, each in getattr(record, "fields", {}).items()})
        if record.exc_info and record.exc_info[1]:
            line["traceback"] = _bounded("".join(traceback.format_exception(record.exc_info[1])), _TRACEBACK_MAX)
        return conceal(msgspec.json.encode(line, enc_hook=str).decode())


class LineHandler(logging.StreamHandler[TextIO]):
    """Writes what there is room for, and says what there was none for."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__(stream)
        self._volume = LogVolume()

    def emit(self, record: logging.LogRecord) -> None:
        self._say(self._volume.over())
        if self._volume.takes(record):
            super().emit(record)

    def end(self) -> None:
        """Says what there was no room for until now."""
        with suppress(ValueError), self.lock:  # type: ignore[union-attr] # a closed stream hears nothing more
            self._say(self._volume.over(ending=True))

    def _say(self, left: list[tuple[Event, int]]) -> None:
        for event, lines in left:
            record = logging.LogRecord("logs", logging.WARNING, __file__, 0, "lines left out", None, None)
            record.fields = {"lines": lines, "of": event.message, "of_logger": event.logger, "of_level": event.level}
            super().emit(record)


def configure_logging(service: str, level: str = "INFO") -> None:
    """Sends all logging of the process to standard error as JSON lines. `level`: DEBUG, INFO, WARNING, ERROR. It is of
    our own lines; libraries tell warnings and worse alone. SIGUSR1 asks for one level more, SIGUSR2 for `level`."""
    level = level.upper()
    if level not in _LEVELS:
        raise SystemExit(f"FF_LOG_LEVEL: one of {', '.join(sorted(_LEVELS))}, not {level!r}")
    handler = LineHandler(sys.stderr)
    handler.setFormatter(JsonFormatter(service))
    logging.root.handlers = [handler]
    for name in LIBRARIES:
        logger = logging.getLogger(name)
        logger.handlers = []
        logger.propagate = True
        logger.setLevel("WARNING")
    set_level(level)
    if threading.current_thread() is threading.main_thread():
        signal.signal(SIGNALS["more"], lambda *_: _change(_after(_present())))
        signal.signal(SIGNALS["back"], lambda *_: _change(level))


def set_level(level: str) -> None:
    logging.root.setLevel("ERROR" if level == "ERROR" else "WARNING")
    for name in _own:
        logging.getLogger(name).setLevel(level)


def reset_level() -> None:
    """As before anything was configured: all follow the root."""
    for name in _own:
        logging.getLogger(name).setLevel(logging.NOTSET)


def end_logging() -> None:
    """Before the process ends."""
    for handler in logging.root.handlers:
        if isinstance(handler, LineHandler):
            handler.end()


def _present() -> str:
    return logging.getLevelName(logging.getLogger(_OWN_BELOW[0]).level)


def _after(level: str) -> str:
    return _LEVELS[min(_LEVELS.index(level) + 1, len(_LEVELS) - 1)]


def _change(level: str) -> None:
    set_level(level)
    record = logging.LogRecord("logs", logging.WARNING, __file__, 0, "log level", None, None)
    record.fields = {"to": level}
    for handler in logging.root.handlers:
        if isinstance(handler.formatter, JsonFormatter):
            # Past the handler: the signal may have come while it was writing.
            with suppress(OSError):
                os.write(2, f"{handler.format(record)}\n".encode())


def _bounded(value: Any, length_max: int = _TEXT_MAX) -> Any:
    """What is long is told by its beginning and its end."""
    if not isinstance(value, str) or len(value) <= length_max:
        return value
    left_out = len(value) - length_max
    return f"{value[: length_max // 3]} … {left_out} characters left out … {value[-(length_max * 2 // 3) :]}"


class Logger:
    """A logger with fields: `log.info("config applied", environment=id, version=3)`."""

    def __init__(self, name: str) -> None:
        self._logger = logging.getLogger(name)
        if name not in _own:
            _own.add(name)
            if any(isinstance(each, LineHandler) for each in logging.root.handlers):
                self._logger.setLevel(_present())

    @property
    def debugs(self) -> bool:
        """Whether it is worth it to put together what is told at DEBUG."""
        return self._logger.isEnabledFor(logging.DEBUG)

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
