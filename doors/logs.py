"""Log lines: in which form they are written, and which request or task they tell of.

Every library's lines take the same way: structlog formats what comes through `logging`. Nothing
here needs Django, so that the web server's own lines can be formatted before there is any.
"""

import logging
import os
import re
from collections.abc import Callable, Mapping
from contextvars import ContextVar
from datetime import UTC, datetime
from typing import Any

import orjson
import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

JSON, TEXT = "json", "text"

# Asked only when a line is written, which most requests do once.
Telling = Callable[[], Mapping[str, object]]
_telling: ContextVar[Telling | None] = ContextVar("telling", default=None)

# PostgreSQL shows the values of the row that it refuses; they are somebody's.
_DETAILS = re.compile(r"^(?:DETAIL|CONTEXT): .*$", re.MULTILINE)


class lines_tell:  # noqa: N801 (it reads as what it does, after *with*)
    """Let every line that is written inside say what `telling` returns then."""

    __slots__ = ("_telling", "_token")

    def __init__(self, telling: Telling) -> None:
        self._telling = telling

    def __enter__(self) -> None:
        self._token = _telling.set(self._telling)

    def __exit__(self, *_: object) -> None:
        _telling.reset(self._token)


def say(logger: logging.Logger, event: str, **facts: object) -> None:
    """Write a line that every request or task leaves: what is told anyway, and `facts`.

    It looks for no caller and runs through no processors, which takes most of a line's time.
    """
    if logger.isEnabledFor(logging.INFO):
        record = logging.LogRecord(logger.name, logging.INFO, "", 0, event, None, None)
        record.facts = facts
        logger.handle(record)


class LineFormatter(structlog.stdlib.ProcessorFormatter):
    """Formats every line: those of `say` at once, all others through processors.

    Args:
        form: "json", a JSON object per line, or "text", for people.
    """

    def __init__(self, form: str) -> None:
        assert form in _RENDERING, f"LOG_FORMAT is json or text, not {form}"
        self._render = _RENDERING[form]
        super().__init__(
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                without_values,
                lambda _, __, line: self._render(line),
            ],
            foreign_pre_chain=_ABOUT_EVERY_LINE,
        )

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        facts = record.__dict__.get("facts")
        if facts is None:
            return super().format(record)
        telling = _telling.get()
        line = {"event": record.msg, **(telling() if telling else {}), **facts}
        line |= {
            "level": "info",
            "logger": record.name,
            "timestamp": f"{datetime.now(UTC).replace(tzinfo=None).isoformat()}Z",
        }
        return self._render(line)


def formatter(form: str | None = None) -> LineFormatter:
    """Return what formats every line, in the form that `LOG_FORMAT` names by default."""
    return LineFormatter(form or os.environ.get("LOG_FORMAT", TEXT))


def logging_config(*, form: str, level: str) -> dict[str, Any]:
    """Return the configuration of `logging`: one handler, to standard error, for everyone."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {"line": {"()": "doors.logs.formatter", "form": form}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "propagate": True, "level": "INFO"},
            # They quote paths, which hold ids, and repeat what the line of the request says.
            "django.request": {"filters": ["unsaid"], "level": "ERROR"},
            "django.security.csrf": {"level": "ERROR"},
            "django.server": {"handlers": [], "propagate": True},
            # It names who failed to log in, and from where.
            "axes": {"level": "ERROR"},
            # Which task came and how it ended, the line of the job says.
            "celery.worker.strategy": {"level": "WARNING"},
            "celery.app.trace": {"level": "WARNING"},
        },
        "filters": {"unsaid": {"()": "doors.request_lines.Unsaid"}},
    }


def configure_structlog() -> None:
    """Send structlog's own lines the way of all others. Safe to repeat."""
    # No line tells them, and each record would find them out.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *_ABOUT_EVERY_LINE,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )


def add_what_surrounds(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Add the facts of the request or the task that the line was written in."""
    telling = _telling.get()
    if telling is not None:
        for name, fact in telling().items():
            line.setdefault(name, fact)
    return line


def without_values(_: WrappedLogger, __: str, line: EventDict) -> EventDict:
    """Take out of exceptions and messages what PostgreSQL says about the values of a row."""
    for name in ("exception", "event"):
        text = line.get(name)
        if type(text) is str and ("DETAIL: " in text or "CONTEXT: " in text):
            line[name] = _DETAILS.sub("(not shown)", text)
    return line


def _as_json(line: Mapping[str, object]) -> str:
    return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


def _as_text(line: Mapping[str, object]) -> str:
    rest = dict(line)
    head = " ".join(str(rest.pop(name, "")) for name in ("timestamp", "level", "logger", "event"))
    exception = rest.pop("exception", None)
    facts = "".join(f" {name}={fact}" for name, fact in rest.items())
    return f"{head}{facts}\n{exception}" if exception else head + facts


_RENDERING: dict[str, Callable[[Mapping[str, object]], str]] = {JSON: _as_json, TEXT: _as_text}
_ABOUT_EVERY_LINE: list[Processor] = [
    add_what_surrounds,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
