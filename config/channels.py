"""The channels of a file: each block is checked by what its type says of its options."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import Any, Final

from pydantic import BaseModel

from config import schema, validation
from config.findings import Findings
from config.problems import KeyPath
from config.suggestion import suggestion

ChannelTypes = Mapping[str, type[BaseModel]]
"""By type: the model of its options. Wiring takes them from those who send; here nobody knows one
type from another. A key that ends in `_env` names an environment variable."""

PATH: Final = ("notifications", "channels")
LONGEST_NAME: Final = 100
"""Of a channel: it is part of keys."""
BUILT_IN: Final[Mapping[str, Mapping[str, Any]]] = {
    "slack": {"type": "slack", "url_env": "SLACK_WEBHOOK_URL"}
}
"""Those of a file that names none: it is there for whoever sets that variable."""


@dataclass(frozen=True, slots=True)
class Channel:
    """A place that can be told; its secrets are named by the variables that hold them."""

    name: str
    type: str
    options: BaseModel
    """In the model of its type."""
    wanted: bool = True
    """The file sends something there: without an address it is a fault."""

    def given(self) -> Mapping[str, Any]:
        """The options that are not left out."""
        return self.options.model_dump(exclude_defaults=True, by_alias=True)

    @property
    def tells_alone(self) -> bool:
        """Each ticket has a message of its own, whatever else is told."""
        return not getattr(self.options, "tells_of_many", False)

    @property
    def keeps_open(self) -> bool:
        """What it is told of stays open there until it is told that it is over."""
        return getattr(self.options, "keeps_open", False)

    @property
    def to_people_alone(self) -> bool:
        """It reaches nobody but the people whom a notice names, by their e-mail addresses."""
        return getattr(self.options, "to_people_alone", False)

    def variables(self) -> list[str]:
        """The environment variables that it needs."""
        return [name for key, name in self.given().items() if key.endswith("_env")]


def names(block: schema.Notifications) -> list[str]:
    """Of the channels that there are."""
    return list(BUILT_IN if block.channels is None else block.channels)


def build(
    block: schema.Notifications,
    types: ChannelTypes,
    findings: Findings,
    *,
    routed: AbstractSet[str] = frozenset(),
) -> tuple[Channel, ...]:
    """The channels of the file; those that hold, if the findings have problems afterwards.

    `routed` are those by which a rotation tells whoever is on call, beside those of the routes.
    """
    routed = {*routed, *block.fallback, *(one for each in block.routes or () for one in each.to)}
    blocks = BUILT_IN if block.channels is None else block.channels
    everywhere = block.routes is None and block.channels is not None
    for place, name in enumerate(block.fallback):
        if name not in blocks:
            message = f"there is no channel {name!r}{suggestion(name, blocks)}"
            findings.refuse(("notifications", "fallback", place), message)
    if not blocks:
        findings.warn(PATH, "there is no channel: nobody is told of alerts")
    found: list[Channel] = []
    for name, values in blocks.items():
        path: KeyPath = (*PATH, name)
        if len(name) > LONGEST_NAME:
            findings.limit(path, f"is a name of more than {LONGEST_NAME} characters")
        if block.channels and block.routes is not None and name not in routed:
            findings.warn(path, "no route leads there: nothing is sent to it")
        options = _options(values, types, path, findings)
        if options is not None:
            wanted = everywhere or name in routed
            found.append(Channel(name, values["type"], options, wanted=wanted))
    return tuple(found)


def _options(
    values: Mapping[str, Any], types: ChannelTypes, path: KeyPath, findings: Findings
) -> BaseModel | None:
    """What stands in a block, or None and findings. Its texts go into messages, so none is long."""
    if "type" not in values:
        findings.refuse((*path, "type"), f"is missing: one of {', '.join(types)}")
        return None
    named = values["type"]
    if not isinstance(named, str) or named not in types:
        word = str(named)[:60]
        message = f"there is no type of channel {word!r}{suggestion(word, types)}"
        findings.refuse((*path, "type"), message)
        return None
    model = types[named]
    mine: dict[str, Any] = {}
    for key, value in values.items():
        others = [name for name, other in types.items() if key in _keys(other)]
        if others and key not in _keys(model):
            message = f"applies to channels of the type {' or '.join(others)} only"
            findings.refuse((*path, key), message)
        elif key != "type":
            mine[key] = value
    options = validation.part(model, mine, path, findings)
    for key, value in mine.items() if options else ():
        if isinstance(value, str) and (wrong := schema.words_fault(value)):
            findings.limit((*path, key), wrong)
    return options


def _keys(model: type[BaseModel]) -> set[str]:
    """As the file has them: one that is a word of Python's has another name in the model."""
    return {field.alias or name for name, field in model.model_fields.items()}
