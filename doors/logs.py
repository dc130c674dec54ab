"""Log lines: in which form they are written, and which request or task they tell of.

Every library's lines take the same way: structlog formats what comes through `logging`. Nothing
here needs Django, so that the web server's own lines can be formatted before there is any.
"""

import os
import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
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


@contextmanager
def lines_tell(telling: Telling) -> Iterator[None]:
    """Let every line that is written inside say what `telling` returns then."""
    token = _telling.set(telling)
    try:
        yield
    finally:
        _telling.reset(token)


def formatter(form: str | None = None) -> structlog.stdlib.ProcessorFormatter:
    """Return what formats every line.

    Args:
        form: "json", a JSON object per line, or "text", for people; `LOG_FORMAT` by default.
    """
    return structlog.stdlib.ProcessorFormatter(
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.processors.format_exc_info,
            without_values,
            *_rendering(form or os.environ.get("LOG_FORMAT", TEXT)),
        ],
        foreign_pre_chain=_ABOUT_EVERY_LINE,
    )


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
        },
        "filters": {"unsaid": {"()": "doors.request_lines.Unsaid"}},
    }


def configure_structlog() -> None:
    """Send structlog's own lines the way of all others. Safe to repeat."""
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


def _rendering(form: str) -> list[Processor]:
    if form == JSON:
        return [_as_json]
    assert form == TEXT, f"LOG_FORMAT is json or text, not {form}"
    plain = structlog.dev.plain_traceback
    return [structlog.dev.ConsoleRenderer(colors=False, pad_event_to=0, exception_formatter=plain)]


def _as_json(_: WrappedLogger, __: str, line: EventDict) -> str:
    return orjson.dumps(line, default=str, option=orjson.OPT_NON_STR_KEYS).decode()


_ABOUT_EVERY_LINE: list[Processor] = [
    add_what_surrounds,
    structlog.stdlib.add_log_level,
    structlog.stdlib.add_logger_name,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
]
