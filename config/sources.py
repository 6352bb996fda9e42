"""The desks of a file: each block is checked by those who read what they send."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from config import validation
from config.findings import Findings

SourceType = type[BaseModel]
"""The model of a block. Wiring takes it from those who read; here nobody knows one desk from
another. A key that ends in `_env` names an environment variable."""


class Unchecked(BaseModel):
    """For whoever connects none: a file may name them all the same."""

    model_config = ConfigDict(extra="allow")


_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,59}")
"""It is part of an address, and of every ticket."""


@dataclass(frozen=True, slots=True)
class SourceBlock:
    """A desk that is connected, under the name that its tickets carry."""

    name: str
    options: BaseModel


def build(
    blocks: Mapping[str, Mapping[str, Any]], model: SourceType, findings: Findings
) -> Sequence[SourceBlock]:
    """Those that hold, if the findings have problems afterwards."""
    found: list[SourceBlock] = []
    for name, values in blocks.items():
        path = ("sources", name)
        if _NAME.fullmatch(name) is None:
            message = "is no name for an address: letters, digits, `.`, `_` and `-`, 60 at most"
            findings.refuse(path, message)
        options = validation.part(model, values, path, findings)
        if options is not None:
            found.append(SourceBlock(name, options))
    return found
