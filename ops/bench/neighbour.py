"""Part `plain`: the design that one writes first, measured as ours is, in the same run."""

import time
from collections import defaultdict
from datetime import timedelta
from importlib.util import find_spec

from ops.bench.accounting import postmaster, processor_seconds, server_seconds
from ops.bench.figures import Figure
from ops.bench.harness import Bench, connected
from ops.bench.helpers import helped
from ops.bench.load import Posting, posted
from ops.bench.over_http import BATCH, CONNECTIONS, give, warm
from ops.bench.tickets import Falling, Updates
from ops.bench.wire import connect, post

KINDS = {
    "new": "plain rows, HTTP, batches of 500, new tickets",
    "existing": "plain rows, HTTP, batches of 500, existing tickets",
}


async def measure(bench: Bench) -> list[Figure]:
    """Updates a second and their processor time, and how long a scan takes that finds very much.

    Nothing where SQLAlchemy is not installed, as in the image: only this part needs it.
    """
    if find_spec("sqlalchemy") is None:
        return []
    began, count = bench.now(), bench.scale.updates
    costs: dict[str, list[float]] = defaultdict(list)
    async with (
        bench.database() as conninfo,
        bench.service(conninfo, module="ops.bench.plain") as service,
        connected(conninfo) as conn,
    ):
        server = await postmaster(conn)

        def spent() -> dict[str, float]:
            known = {
                "service": processor_seconds(service.pid),
                "postgres": None if server is None else server_seconds(server),
            }
            return {name: seconds for name, seconds in known.items() if seconds is not None}

        async def one(kind: str, number: int) -> float:
            new = kind == "new"
            name, step = (f"plain-{number}", 0) if new else ("plain-existing", number)
            work = Updates(name, began, count, BATCH, step=step)
            before = spent()
            said = await helped(posted, Posting(service.host, service.port, work, CONNECTIONS))
            if said.accepted != count:
                raise RuntimeError(f"{said.accepted} of {count} updates were accepted")
            if not new:
                for name, seconds in spent().items():
                    costs[name].append((seconds - before[name]) / count * 1e6)
            return count / said.seconds

        await warm(bench, service)
        await give(service, Updates("plain-existing", began, count, BATCH))
        samples = await bench.rounds(
            {kind: lambda number, kind=kind: one(kind, number) for kind in KINDS}
        )
        due = bench.scale.due
        bench.say(f"scanning {due:,} clocks that are due")
        at = bench.now() - timedelta(seconds=1)
        await give(service, Falling("due", at, timedelta(), due, BATCH, priority="P1"))
        exchange = await connect(service.host, service.port)
        start = time.monotonic()
        raised = int(await exchange.ask(post(service.host, service.port, "/scan", b"{}")))
        seconds = time.monotonic() - start
        exchange.close()
        if raised != due:
            raise RuntimeError(f"{raised} of {due} clocks were raised")
    figures = [
        Figure(f"plain.{kind}", label, "/s", samples[kind], base=f"http.{kind}")
        for kind, label in KINDS.items()
    ]
    if len(costs) == 2:
        together = tuple(map(sum, zip(*costs.values(), strict=True)))
        label = "  processor time an update, existing"
        figures.append(Figure("plain.cpu", label, "µs", together, base="http.existing.cpu"))
        figures += [
            Figure(f"plain.cpu.{name}", f"    {name}", "µs", tuple(found))
            for name, found in costs.items()
        ]
    label = f"  {due:,} clocks due at once: the scan alone, which comes each minute"
    figures.append(Figure("plain.raised", label, "s", (seconds,), base="due.raised"))
    return figures
