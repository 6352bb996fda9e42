"""Part `clients`: many clients that send single tickets, beside a route that does nothing.

In an api process, with a worker beside it.
"""

import asyncio
from collections.abc import Awaitable, Callable

from ops.bench.figures import Figure
from ops.bench.harness import Bench
from ops.bench.helpers import helped
from ops.bench.host import NO_OP
from ops.bench.load import Clients, Echo, Served, clients
from ops.bench.tickets import Updates

STEPS_A_ROUND = 100_000
TARGETS = {
    "tickets": "single tickets, POST /tickets",
    "no_op": "single tickets, a no-op route beside it",
    "echo": "single tickets, a server that does nothing",
}


async def measure(bench: Bench) -> list[Figure]:
    """Requests a second, latencies in milliseconds, the generator's own share of a core."""
    seen: dict[str, list[Served]] = {name: [] for name in TARGETS}
    loop = asyncio.get_running_loop()
    began = bench.now()
    async with (
        bench.database() as conninfo,
        bench.service(conninfo, module="ops.bench.host") as service,
        bench.service(conninfo, role="worker"),
    ):
        echo = await loop.create_server(Echo, "127.0.0.1", 0)
        echo_port: int = echo.sockets[0].getsockname()[1]

        def sending(name: str, port: int, path: str) -> Callable[[int], Awaitable[float]]:
            async def send(number: int) -> float:
                work = Updates("single", began, 1, 1, step=number * STEPS_A_ROUND)
                spec = Clients(
                    service.host,
                    port,
                    path,
                    work,
                    bench.scale.clients,
                    bench.scale.client_seconds,
                )
                served = await helped(clients, spec)
                seen[name].append(served)
                return served.rate

            return send

        await sending("tickets", service.port, "/tickets")(0)  # warms up, and opens tickets
        seen["tickets"].clear()
        samples = await bench.rounds(
            {
                "tickets": sending("tickets", service.port, "/tickets"),
                "no_op": sending("no_op", service.port, NO_OP),
                "echo": sending("echo", echo_port, "/"),
            }
        )
        echo.close()
    figures: list[Figure] = []
    for name, label in TARGETS.items():
        base = "clients.no_op" if name == "tickets" else None
        figures.append(Figure(f"clients.{name}", label, "/s", samples[name], base=base))
        if name != "echo":
            p50 = tuple(one.p50 for one in seen[name])
            p99 = tuple(one.p99 for one in seen[name])
            figures.append(Figure(f"clients.{name}.p50", "  p50", "ms", p50))
            figures.append(Figure(f"clients.{name}.p99", "  p99", "ms", p99))
        share = tuple(one.own_cpu_share * 100 for one in seen[name])
        figures.append(Figure(f"clients.{name}.cpu", "  the generator's own CPU", "%", share))
    return figures
