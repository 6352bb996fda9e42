"""Part `memory`: what the service process holds before and after very many tickets."""

from ops.bench.figures import Figure
from ops.bench.harness import Bench, connected
from ops.bench.over_http import give, projected
from ops.bench.tickets import Updates

AT_ONCE = 20_000


async def measure(bench: Bench) -> list[Figure]:
    """Resident megabytes."""
    tickets = bench.scale.tickets
    async with (
        bench.database() as conninfo,
        bench.service(conninfo) as service,
        connected(conninfo) as conn,
    ):
        before = service.resident()
        for first in range(0, tickets, AT_ONCE):
            bench.say(f"{first:,} of {tickets:,} tickets")
            count = min(AT_ONCE, tickets - first)
            await give(service, Updates("memory", bench.now(), count, 500, first=first))
        await projected(conn)
        after = service.resident()
    return [
        Figure("memory.before", "the service's memory, no tickets", "MB", (before,)),
        Figure("memory.after", f"after {tickets:,} tickets", "MB", (after,)),
    ]
