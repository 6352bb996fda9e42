"""The bench's tickets and configuration as the product sees them."""

from collections.abc import Iterable
from datetime import datetime
from importlib.resources import files

from command_side.connect.source import Source
from command_side.deciding.ingesting import Submission
from command_side.intake.item import ITEMS
from command_side.intake.reading import read
from config import loading
from config.versions import PolicyBook
from engine.notify.channel_types import CHANNEL_TYPES
from engine.sla.instants import micros
from ops.bench.tickets import Json


def submissions(items: Iterable[Json]) -> list[Submission]:
    """As the POST route makes them of what it was sent."""
    return [Submission(read(item), None) for item in ITEMS.validate_python(list(items))]


def config() -> str:
    """The text of the bench's own configuration."""
    return files("ops.bench").joinpath("sla_config.yaml").read_text(encoding="utf-8")


def policies(accepted_at: datetime) -> PolicyBook:
    """A book with that configuration."""
    book = PolicyBook()
    book.add(
        loading.load(
            config(),
            version=1,
            accepted_at=micros(accepted_at),
            warning=0.15,
            critical=0.05,
            channel_types=CHANNEL_TYPES,
            source_type=Source,
        )
    )
    return book
