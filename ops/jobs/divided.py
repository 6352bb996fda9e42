"""Work that falls into slices is done by several processes, each taking the next one."""

import multiprocessing
import os
import sys
from collections.abc import Callable, Iterator
from multiprocessing.connection import Connection, wait
from typing import Any, Final, TypeVar

from psycopg import OperationalError

from ops.garbage import collected_seldom
from ops.jobs.work import AWAY, Say

PROCESSES: Final = 2
"""At most; no more than there are processors."""

Answer = TypeVar("Answer")
Share = Callable[[Iterator[int], Callable[[int], None]], Answer]
"""What a process does: slices, by number, as long as there are any left. It tells how many things
it has done, and answers with what can be pickled."""


def divided(share: Share[Answer], slices: int, total: int, say: Say) -> list[Answer]:
    """What the processes answer, each for the slices that it has done; `say` hears how many things
    of `total` are done by all. Raises OperationalError where one of them has lost the database.

    They begin as copies of this one: no connection may be open here, and no event loop run.
    """
    forks = "fork" in multiprocessing.get_all_start_methods()
    context: Any = multiprocessing.get_context("fork" if forks else "spawn")
    following = context.Value("i", 0)
    helpers: dict[Any, Any] = {}
    for _ in range(min(PROCESSES, os.cpu_count() or 1)):
        ours, theirs = context.Pipe(duplex=False)
        given = (share, following, slices, theirs)
        helper = context.Process(target=_work, args=given, daemon=True)
        helper.start()
        theirs.close()
        helpers[ours] = helper
    answers: list[Answer] = []
    expected, done = len(helpers), 0
    say(0, total)
    while helpers:
        ready: Any
        for ready in wait(list(helpers)):
            try:
                told, answer = ready.recv()
            except EOFError:
                helper = helpers.pop(ready)
                helper.join()
                if helper.exitcode == AWAY:
                    raise OperationalError("the database went away") from None
                continue
            if told is None:
                answers.append(answer)
            else:
                done += told
                say(min(done, total), total)
    if len(answers) < expected:
        raise RuntimeError("a process ended before it was done")
    return answers


def _work(share: Share[Any], following: Any, slices: int, tells: Connection) -> None:
    """In a process of its own; it ends once nobody hears what it tells."""

    def mine() -> Iterator[int]:
        while True:
            with following.get_lock():
                number = following.value
                following.value += 1
            if number >= slices:
                return
            yield number

    try:
        with collected_seldom():
            answer = share(mine(), lambda done: tells.send((done, None)))
    except OperationalError:
        sys.exit(AWAY)
    tells.send((None, answer))
    tells.close()
