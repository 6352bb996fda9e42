"""The page of stored events, from the classes that spell them and what their docstrings say."""

import ast
import inspect
import textwrap
from collections.abc import Iterator
from pathlib import Path

from command_side.deciding import events
from ops.docs.table import code, table

INTRODUCTION = """# Events

What is stored, for ever. A topic never changes its meaning, and a member that is added has a
default, so that everything that was ever written is read in one way. Instants are microseconds
since 1970 in the log, and RFC 3339 wherever people see them (`GET /tickets/{id}/events`, `sla
timeline --json`). Members with a default are not written while they have it.

Beside its body an event has a position, the instant it happened and the instant it was recorded,
a correlation id, the hash of its content, and a personal part of its own (titles, names, notes),
which can be erased without breaking the chain.
"""


def page(root: Path) -> str:
    # Whoever has loaded more may have bodies of their own: a test, or a program that embeds this.
    ours = (body for body in _below(events.Body) if body.__module__.startswith(events.__name__))
    bodies = {body.TOPIC: body for body in ours if body.TOPIC}
    return INTRODUCTION + "".join(_section(bodies[topic]) for topic in sorted(bodies))


def _below(body: type[events.Body]) -> Iterator[type[events.Body]]:
    for one in body.__subclasses__():
        yield one
        yield from _below(one)


def _section(body: type[events.Body]) -> str:
    rows = [
        (code(name), code(kind), code(default), said)
        for name, kind, default, said in _members(body)
    ]
    meaning = " ".join((inspect.getdoc(body) or "").split())
    members = "\n" + table(("member", "type", "default", "meaning"), rows) if rows else ""
    return f"\n## {body.TOPIC}\n\n{meaning}\n{members}"


def _members(body: type) -> Iterator[tuple[str, str, str, str]]:
    """Those of its bases first, as they are read."""
    for cls in reversed(body.__mro__):
        if not issubclass(cls, events.Body) or cls is events.Body:
            continue
        [found] = ast.parse(textwrap.dedent(inspect.getsource(cls))).body
        assert isinstance(found, ast.ClassDef)
        for line, after in zip(found.body, [*found.body[1:], None], strict=True):
            if not isinstance(line, ast.AnnAssign) or "ClassVar" in ast.unparse(line.annotation):
                continue
            said = (
                str(after.value.value)
                if isinstance(after, ast.Expr) and isinstance(after.value, ast.Constant)
                else ""
            )
            default = "" if line.value is None else ast.unparse(line.value)
            yield ast.unparse(line.target), ast.unparse(line.annotation), default, said
