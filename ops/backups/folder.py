"""The folder that backups are in: copies of the whole database, and the log between and after them.

`base/<when>/` is a copy: two archives as `pg_basebackup` writes them, and `backup.json`, which is
written last: without it there is none. `wal/` holds the write-ahead log, segment by segment.
"""

import json
import shutil
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

SEGMENT_BYTES = 16 * 1024 * 1024
"""As initdb of the embedded server makes them."""
NAMED = "%Y-%m-%dT%H-%M-%S.%fZ"
"""How a copy is: by when it was taken."""
PROOF = "verifying"
"""In a copy's folder, while it is restored beside itself."""
_ABOUT = "backup.json"
_TIMELINE, _NAME = 8, 24  # hexadecimal digits of a segment's name: of its life, and all of them


class NoBackup(Exception):
    """It cannot be restored; the message says why, and what can be."""


@dataclass(frozen=True, slots=True)
class Backup:
    """A copy of the database."""

    folder: Path
    taken_at: datetime
    """It holds all that was committed by then, by the database's clock."""
    complete_at: datetime
    """When it was whole: any instant from then on can be restored from it and the log after it."""
    first_segment: str
    """Of the log: none before it is needed."""
    seconds: float
    """That it took."""
    size: int
    """In bytes."""
    checkpoint: str | None = None
    """`position:hash` of the end of its log, once it was restored and found sound."""

    def keep(self) -> None:
        """Say, in one step, that there is this backup."""
        about = asdict(self)
        del about["folder"]
        for name in _INSTANTS:
            about[name] = about[name].isoformat()
        draft = self.folder / f"{_ABOUT}.new"
        draft.write_text(json.dumps(about, indent=1) + "\n")
        draft.replace(self.folder / _ABOUT)

    def found_sound(self, checkpoint: str) -> "Backup":
        """The same, and that it says so."""
        sound = replace(self, checkpoint=checkpoint)
        sound.keep()
        return sound


_INSTANTS = ("taken_at", "complete_at")


def wal(folder: Path) -> Path:
    """Where the log is."""
    return folder / "wal"


def base(folder: Path) -> Path:
    """Where the copies are."""
    return folder / "base"


def backups(folder: Path) -> Sequence[Backup]:
    """Those that are whole, the oldest first."""
    found = [_read(about) for about in base(folder).glob(f"*/{_ABOUT}")]
    return sorted(found, key=lambda one: one.complete_at)


def is_whole(copy: Path) -> bool:
    """Whether there is this backup."""
    return (copy / _ABOUT).exists()


def _read(about: Path) -> Backup:
    said: dict[str, Any] = json.loads(about.read_text())
    for name in _INSTANTS:
        said[name] = datetime.fromisoformat(said[name])
    return Backup(folder=about.parent, **said)


def choose(folder: Path, until: datetime | None) -> Backup:
    """The newest from which that instant can be restored; None: the newest there is."""
    found = backups(folder)
    if not found:
        raise NoBackup(f"There is no backup in {folder}.")
    fitting = [one for one in found if until is None or one.complete_at <= until]
    if not fitting:
        raise NoBackup(
            f"The oldest backup in {folder} was whole at {found[0].complete_at.isoformat()}: "
            "nothing before that instant can be restored."
        )
    return fitting[-1]


def drop_all_but(folder: Path, newest: int) -> Sequence[Backup]:
    """Only so many copies stay, and the log from the oldest of them on; answers what went."""
    found = backups(folder)
    gone, kept = found[:-newest], found[-newest:]
    for one in gone:
        (one.folder / _ABOUT).unlink()  # from here on it is none
        shutil.rmtree(one.folder)
    if gone:
        first = min(one.first_segment[_TIMELINE:] for one in kept)
        for segment in wal(folder).glob("*.gz"):
            name = segment.name.split(".")[0]
            if len(name) == _NAME and name[_TIMELINE:] < first:
                segment.unlink()
    return gone


def segment_of(timeline: int, position: str) -> str:
    """The segment in which a place of the log, such as `0/3000028`, lies."""
    high, low = (int(part, 16) for part in position.split("/"))
    return f"{timeline:08X}{high:08X}{low // SEGMENT_BYTES:08X}"
