"""The file of real updates: the whole log where it lies beside the repository, else the excerpt.

LONG_DATA names it elsewhere.
"""

import csv
import gzip
import os
from pathlib import Path
from zlib import crc32

from tests.support.figures import SHARE
from tests.support.incidents import ALL
from tests.support.service import ROOT

EXCERPT = ROOT / "ops" / "demo" / "data" / "incidents.csv.gz"
_THOUSAND = 1000


def real_log(folder: Path) -> Path:
    """A gzipped CSV; with LONG_SHARE only so many of the tickets of the whole log, in `folder`.

    The whole log names no tier: callers are spread over three.
    """
    whole = Path(os.environ.get("LONG_DATA", ALL))
    if not whole.exists():
        return EXCERPT
    part = folder / "incidents.csv.gz"
    with gzip.open(whole, "rt", encoding="utf-8") as lines, gzip.open(part, "wt") as kept:
        rows, written = csv.DictReader(lines), csv.writer(kept)
        written.writerow([*(rows.fieldnames or ()), "customer_tier"])
        for row in rows:
            if crc32(row["number"].encode()) % _THOUSAND < SHARE * _THOUSAND:
                written.writerow([*row.values(), _tier(row["caller_id"])])
    return part


def _tier(caller: str) -> str:
    share = crc32(caller.encode()) % 100
    return "enterprise" if share < 10 else "premium" if share < 40 else "standard"
