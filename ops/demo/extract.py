"""The real incidents that ship: five days of an IT help desk, as items of the API."""

from datetime import UTC
from importlib.resources import as_file, files
from typing import Any

from ops.importing import servicenow
from ops.importing.rows import ImportFile, Row
from ops.importing.told import Told

EXTRACT = Told(order="dmy", zone=UTC)
"""What the extract does not say of itself."""


def incidents() -> list[dict[str, Any]]:
    """The extract as items of the API, oldest first."""
    with (
        as_file(files("ops.demo") / "data" / "incidents.csv.gz") as path,
        ImportFile(path) as file,
    ):
        rows = servicenow.read(file.lines(), EXTRACT, [])
        return [row.item for row in rows if isinstance(row, Row)]
