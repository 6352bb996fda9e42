"""Processes that load a service from outside, so that the bench's own work slows nothing down."""

import asyncio
import multiprocessing
import signal
from collections.abc import AsyncGenerator, Callable
from contextlib import asynccontextmanager
from multiprocessing.connection import Connection
from typing import Any, Generic, TypeVar

Spec = TypeVar("Spec")
Answer = TypeVar("Answer")
Begin = Callable[[], float]
"""Waits until told to go on; answers the number it was told with."""
BEGUN = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
"""How: forked from a process that has loaded what they all need, where there can be one."""
LOADED = ["ops.bench.load", "ops.bench.listen"]


class HelperFailed(Exception):
    """A helper process came to grief; the message is its own."""


class Helper(Generic[Spec, Answer]):
    """`work(spec, begin)` in a process of its own; `begin` returns when `go` is called."""

    def __init__(self, work: Callable[[Spec, Begin], Answer], spec: Spec) -> None:
        context: Any = multiprocessing.get_context(BEGUN)
        context.set_forkserver_preload(LOADED)
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(target=_help, args=(work, spec, theirs), daemon=True)
        self._process.start()
        theirs.close()

    async def ready(self) -> None:
        """It has come to its `begin`."""
        await self._hear()

    async def go(self, told: float = 0.0) -> Answer:
        """Its answer."""
        self._pipe.send(told)
        answer: Answer = await self._hear()
        await asyncio.to_thread(self._process.join)
        return answer

    def stop(self) -> None:
        self._process.terminate()
        self._process.join()
        self._pipe.close()

    async def _hear(self) -> Any:
        try:
            said: tuple[str, Any] = await asyncio.to_thread(self._pipe.recv)
        except EOFError:
            raise HelperFailed("it ended without a word") from None
        kind, content = said
        if kind == "failed":
            raise HelperFailed(content)
        return content


@asynccontextmanager
async def helping(
    work: Callable[[Spec, Begin], Answer], spec: Spec
) -> AsyncGenerator[Helper[Spec, Answer]]:
    """A helper that is ready."""
    helper = Helper(work, spec)
    try:
        await helper.ready()
        yield helper
    finally:
        helper.stop()


async def helped(work: Callable[[Spec, Begin], Answer], spec: Spec) -> Answer:
    """A helper's answer."""
    async with helping(work, spec) as helper:
        return await helper.go()


def _help(work: Callable[[Any, Begin], Any], spec: Any, pipe: "Connection[Any, Any]") -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the bench, which ends us

    def begin() -> float:
        pipe.send(("ready", None))
        told: float = pipe.recv()
        return told

    try:
        answer = work(spec, begin)
    except Exception as error:
        pipe.send(("failed", f"{type(error).__name__}: {error}"))
    else:
        pipe.send(("answer", answer))
