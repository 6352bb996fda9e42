"""`sla heads rebuild`: what each next decision starts from, made anew from the log."""

from pathlib import Path
from uuid import UUID

from command_side.desk import TicketDesk
from command_side.excuses import Excuses
from command_side.silences import Silences
from ops.commands.configuration import policy_book
from ops.commands.database import Pool, progress_bar, work
from ops.commands.exits import out, refuse
from ops.commands.operator import acted
from ops.commands.serve import read_settings
from ops.wiring import now

PAGE = 200
NIL = UUID(int=0)


def rebuild(*, data_dir: Path | None) -> int:
    """Page by page, while the service runs."""
    settings = read_settings(data_dir)

    async def main(pool: Pool) -> int:
        book = await policy_book(pool, settings)
        if book.newest is None:
            refuse("No configuration has been accepted yet. Start the service once.")
        silences = Silences(pool, now)
        await silences.follow()
        excuses = Excuses(pool)
        await excuses.follow()

        async def learnt() -> None:
            """What came since is left to the service."""

        desk = TicketDesk(
            pool, book, learn=learnt, silences=silences.in_force, excuses=excuses.book
        )
        done, after = 0, NIL
        with progress_bar(shown=True, unit="tickets") as progress:
            bar = progress.add_task("heads", total=None)
            while True:
                page = await desk.rebuild(after, now(), PAGE)
                done += page.count
                progress.update(bar, completed=done)
                if page.last is None:
                    await acted(pool, "rebuild_heads", count=done)
                    return done
                after = page.last

    done = work(settings, main)
    out.print(f"The heads of {done:,} tickets are made anew from the log.")
    return 0
