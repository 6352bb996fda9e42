"""Service processes of the bench's own."""

import asyncio
import os
import subprocess
import sys
import time
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from config.settings import Settings
from ops.wiring import Role

ROOT = Path(__file__).parents[2]
STARTS_WITHIN = 60.0  # seconds
ENDS_WITHIN = 30.0


class ServiceEnded(Exception):
    """A service of the bench did not come up."""


@dataclass(frozen=True, slots=True)
class Served:
    """A service that answers."""

    host: str
    port: int
    pid: int

    def resident(self) -> float:
        """Its memory, in MB."""
        status = Path(f"/proc/{self.pid}/status")
        if status.exists():
            line = next(x for x in status.read_text().splitlines() if x.startswith("VmRSS:"))
            return int(line.split()[1]) / 1024
        said = subprocess.run(
            ["ps", "-o", "rss=", "-p", str(self.pid)], check=True, capture_output=True, text=True
        )
        return int(said.stdout) / 1024


@asynccontextmanager
async def serve(
    folder: Path, conninfo: str, *, module: str, role: Role, **environment: str
) -> AsyncGenerator[Served]:
    """`python -m MODULE serve` on a free port; its logs go into the folder."""
    ours = {name.upper() for name in Settings.model_fields}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    complaints = folder / "err"
    with (folder / "out").open("ab") as out, complaints.open("ab") as err:
        process = await asyncio.create_subprocess_exec(
            sys.executable,
            *("-m", module, "serve", "--role", role, "--port", "0"),
            cwd=ROOT,
            env={
                **kept,
                "DATABASE_URL": _url(conninfo) if conninfo else "",
                **environment,
            },
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=err,
        )
    try:
        host, port = await _address(process, complaints)
        yield Served(host, port, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
            try:
                await asyncio.wait_for(process.wait(), ENDS_WITHIN)
            except TimeoutError:
                process.kill()
                await process.wait()


async def _address(process: asyncio.subprocess.Process, complaints: Path) -> tuple[str, int]:
    give_up = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < give_up and process.returncode is None:
        said = await asyncio.to_thread(complaints.read_text)
        for word in said.split():
            if word.startswith("http://"):
                host, _, port = word.removeprefix("http://").rstrip("/").rpartition(":")
                return host, int(port)
        await asyncio.sleep(0.05)
    said = await asyncio.to_thread(complaints.read_text)
    raise ServiceEnded(said[-2000:] or "it said nothing")


def _url(conninfo: str) -> str:
    """As people write it into DATABASE_URL."""
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    user, password = parts.pop("user", ""), parts.pop("password", "")
    name = parts.pop("dbname", "")
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return f"postgresql://{login}@/{quote(name)}?{urlencode(parts)}"
