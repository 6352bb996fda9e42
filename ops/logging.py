"""Logs: one line an event on stdout, JSON for machines or plain text for people.

Rooms log with `logging.getLogger(__name__)`, a constant message and `extra={...}` (any key but
`event`, which is the message); only this room knows the format. Every line carries the
correlation id of the request it belongs to.
"""

import logging
import re
import sys
from datetime import UTC, datetime
from io import StringIO
from time import perf_counter
from typing import Any, TextIO

import structlog
from asgi_correlation_id import correlation_id
from pydantic_core import to_json
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from structlog.typing import EventDict, ExcInfo, WrappedLogger

from engine import tracing
from engine.notify.links import PATH
from ops.log_lines import LogLines
from ops.visible import VISIBLE

logger = logging.getLogger(__name__)

HANDLER = "sla-tracker"
NOISY = {
    "apscheduler": logging.WARNING,  # two lines a pulse
    "httpcore": logging.WARNING,
    "httpx": logging.WARNING,  # names the URL of every request; a Slack webhook's URL is a secret
    "uvicorn.access": logging.WARNING,  # AccessLog says it, without the query string
    "uvicorn.error": logging.INFO,  # below, the headers of a WebSocket's request: tokens
    "websockets": logging.INFO,
}
FLUSH_SECONDS = 2.0
"""How long the end of the process waits for the last lines to be taken."""
HOLDER = "sla.holder"
"""In the scope of a connection: who was let in, by `name`."""
PROBES = frozenset({"/health", "/ready", "/metrics"})
_STANDARD = frozenset({*logging.makeLogRecord({}).__dict__, "message", "asctime", "taskName"})
"""What every record has; all else is `extra`."""

_STYLED = frozenset({"color_message"})
"""What uvicorn adds for a terminal: the message again, with codes for colours."""

# What must never be logged, wherever a library's message or an exception's text brings it in.
_SECRETS = re.compile(
    r"""([?&]token=)                  [^\s&"'\\]+
      | ((?i:bearer)(?:[ ]|,[ ]?)+)   [^\s"'\\]+
      | (hooks\.slack\.com/services/) [^\s"'\\]+
      | (:)                           [^\s:/@"'\\]+ (?=@)     # user:password@host
    """,
    re.VERBOSE,
)


_TOKENS = re.compile(r"\b(sla_[0-9a-z]{8})_[0-9A-Za-z]+")
"""As `command_side.deciding.tokens` spells them; the id may be said."""


def configure(level: str, *, json: bool) -> None:
    """Send all logs of `level` (a name, in any case) and above to stdout; repeatable.

    Raises ValueError for an unknown level. Uvicorn must be told `log_config=None`, or be started
    before: its own handlers are taken away here.
    """
    number = logging.getLevelNamesMapping().get(level.upper())
    if number is None:
        raise ValueError(f"unknown log level {level!r}")
    # No line says which thread or process it is from, and finding out takes a fifth of its time.
    logging.logThreads = logging.logProcesses = logging.logMultiprocessing = False
    handler = _Stdout()
    handler.name = HANDLER
    handler.setFormatter(_formatter(json=json))
    root = logging.getLogger()
    for old in [old for old in root.handlers if old.name == HANDLER]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(number)
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        library = logging.getLogger(name)
        library.handlers.clear()
        library.propagate = True
    for name, floor in NOISY.items():
        logging.getLogger(name).setLevel(max(floor, number))
    logging.getLogger("watchdog.observers.inotify").addFilter(_is_no_farewell)
    logging.getLogger("uvicorn.error").addFilter(_names_no_query)


def lost_lines() -> int:
    """How many this process could not write: nobody took them, or there was no room."""
    return _lines.lost


def losing_lines() -> bool:
    """Whether it is so now: the log has yet to say it."""
    return _lines.losing


def _is_no_farewell(record: logging.LogRecord) -> bool:
    """Watchdog calls it an error when a change comes while it is being stopped."""
    return "when the thread is inactive" not in record.getMessage()


def _names_no_query(record: logging.LogRecord) -> bool:
    """Uvicorn tells of every WebSocket, with a query that may hold a token; AccessLog without."""
    return '"WebSocket %s"' not in str(record.msg)


def loggable(path: str) -> str:
    """A request's path, without its query string, which may hold a token, and without the end of a
    link that is one itself."""
    return f"{PATH}…" if path.startswith(PATH) else path


class AccessLog:
    """ASGI middleware: one line a request, with its latency; put it inside the correlation id's.

    The path is logged without what may let somebody in. Probes are logged at DEBUG.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        status = 500 if scope["type"] == "http" else 1006  # unless the application says otherwise

        async def watch_sent(message: Message) -> None:
            nonlocal status
            if message["type"] in ("http.response.start", "websocket.http.response.start"):
                status = message["status"]
            elif message["type"] == "websocket.close":
                status = message.get("code", 1000)
            await send(message)

        async def watch_received() -> Message:
            nonlocal status
            message = await receive()
            if message["type"] == "websocket.disconnect":
                status = message.get("code", 1005)
            return message

        began = perf_counter()
        try:
            await self.app(scope, watch_received, watch_sent)
        finally:
            about = {
                "method": scope.get("method", "GET"),
                "path": loggable(scope["path"]),
                "status": status,
                "duration_ms": round((perf_counter() - began) * 1000, 1),
            }
            if who := getattr(scope.get(HOLDER), "name", ""):
                about["who"] = who
            logger.log(
                logging.DEBUG if scope["path"] in PROBES and status < 400 else logging.INFO,
                "request" if scope["type"] == "http" else "websocket closed",
                extra=about,
            )


class _Stdout(logging.Handler):
    def emit(self, record: logging.LogRecord) -> None:
        try:
            _lines.put(self.format(record) + "\n")
        except Exception:
            self.handleError(record)

    def flush(self) -> None:
        """Waits, a little: for the end of the process."""
        _lines.flush(FLUSH_SECONDS)


def _notice(lost: int) -> str:
    """The line that says how many are missing before it."""
    words = (logging.WARNING, "", 0, "log lines were lost", (), None)
    record = logger.makeRecord(logger.name, *words, extra={"lost": lost})
    ours = [one for one in logging.getLogger().handlers if one.name == HANDLER]
    return ours[0].format(record) if ours else ""


_lines = LogLines(_notice)


class _Json(logging.Formatter):
    """One object a line. No chain of processors: every request writes a line."""

    def format(self, record: logging.LogRecord) -> str:
        said: dict[str, Any] = {
            "message": record.getMessage(),
            "level": record.levelname.lower(),
            "logger": record.name,
        }
        for name, value in record.__dict__.items():
            if name not in _STANDARD and name not in _STYLED:
                said[name] = value
        said["timestamp"] = datetime.fromtimestamp(record.created, UTC).isoformat()[:-6] + "Z"
        if (request := correlation_id.get()) is not None:
            said["correlation_id"] = request
            if tracing.spans is not None:
                said |= tracing.spans.identify(request)
        if record.exc_info:
            said["exception"] = self.formatException(record.exc_info)
        if record.stack_info:
            said["stack_info"] = record.stack_info
        try:
            line = to_json(said, fallback=str)
        except ValueError:  # bytes or half a character that UTF-8 does not have
            line = to_json({name: ascii(value) for name, value in said.items()})
        return _without_secrets(line.decode())


def _formatter(*, json: bool) -> logging.Formatter:
    if json:
        return _Json()
    return structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            _without_styles,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            _correlate,
        ],
        processors=[
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            _as_it_stands,
            # Tracebacks as plain text: the richer ones print local variables, tokens and names.
            structlog.dev.ConsoleRenderer(
                colors=sys.stdout.isatty(), exception_formatter=_traceback
            ),
            _redact,
        ],
    )


def _as_it_stands(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """A path, say, is whatever a stranger asks for, and must not move the cursor of a terminal."""
    return {
        name: value.translate(VISIBLE) if isinstance(value, str) else value
        for name, value in event.items()
    }


def _traceback(sio: TextIO, exc_info: ExcInfo) -> None:
    """As the exception's text is others', too."""
    told = StringIO()
    structlog.dev.plain_traceback(told, exc_info)
    sio.write(told.getvalue().translate(VISIBLE))


def _correlate(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    if (request := correlation_id.get()) is not None:
        event["correlation_id"] = request
        if tracing.spans is not None:
            event.update(tracing.spans.identify(request))
    return event


def _without_styles(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    return {name: value for name, value in event.items() if name not in _STYLED}


def _redact(_: WrappedLogger, __: str, line: EventDict | str) -> str:
    return _without_secrets(str(line))


def _without_secrets(line: str) -> str:
    if "sla_" in line:
        line = _TOKENS.sub(r"\1_[redacted]", line)
    # The expression looks at every character; these words, one of which it needs, are found fast.
    if any(word in line for word in ("@", "token=", "hooks.slack")) or "bearer" in line.lower():
        return _SECRETS.sub(_redacted, line)
    return line


def _redacted(found: re.Match[str]) -> str:
    """What tells that there was a secret, without it."""
    return f"{found[found.lastindex or 0]}[redacted]"
