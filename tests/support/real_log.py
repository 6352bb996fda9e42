"""The file of real updates: the whole log where it lies beside the repository, else the excerpt.

LONG_DATA names it elsewhere.
"""

import gzip
import os
from pathlib import Path
from zlib import crc32

from tests.support.figures import SHARE
from tests.support.incidents import ALL
from tests.support.service import ROOT

EXCERPT = ROOT / "ops" / "demo_data" / "incidents.csv.gz"
_THOUSAND = 1000


def real_log(folder: Path) -> Path:
    """A gzipped CSV; with LONG_SHARE only so many of the tickets of the whole log, in `folder`."""
    whole = Path(os.environ.get("LONG_DATA", ALL))
    if not whole.exists():
        return EXCERPT
    if SHARE >= 1:
        return whole
    part = folder / "incidents.csv.gz"
    with gzip.open(whole, "rt", encoding="utf-8") as lines, gzip.open(part, "wt") as kept:
        kept.write(next(lines))  # the header
        for line in lines:
            number, _, _ = line.partition(",")
            if crc32(number.encode()) % _THOUSAND < SHARE * _THOUSAND:
                kept.write(line)
    return part
