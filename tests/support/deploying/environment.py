"""Every environment variable in every way of running: passed on as it is written."""

import re
from collections.abc import Iterator
from pathlib import Path

from config.settings import Settings
from tests.support.deploying.hcl import read_module
from tests.support.deploying.ways import assigned, composed, unit

WAYS = {
    "AWS": "aws",
    "GCP": "gcp",
    "Kubernetes": "kubernetes",
    "systemd": "systemd",
    "Compose": "compose",
}
SETTINGS = {name.upper() for name in Settings.model_fields}
CHANNELS = "those that channels name"
LEFT_OFF = "left off"


def complaints(deploy: Path) -> Iterator[str]:
    """A sentence for each variable that a way forgets, or passes on and does not tell of."""
    written = matrix(deploy)
    if set(written) != {*SETTINGS, CHANNELS}:
        yield f"the table's rows differ from the settings: {set(written) ^ {*SETTINGS, CHANNELS}}"
    for way, folder in WAYS.items():
        wired = passed_on(deploy, folder)
        column = {name: cells[way] for name, cells in written.items()}
        for name in sorted(SETTINGS & set(column)):
            if (name in wired) == column[name].startswith(LEFT_OFF):
                yield f"{way}: {name} is {column[name]!r} in the table, and {name in wired=}"
        yield from (f"{way}: there is no setting {name}" for name in sorted(wired - SETTINGS))
        named = {
            named for cell in column.values() for named in re.findall(r"`([^`]+)`", cell)
        } - places(deploy, folder)
        yield from (f"{way}: the table speaks of {name}, which is not there" for name in named)
        if own(deploy / folder) != column:
            yield f"{folder}/README.md: its table differs from that of README.md"


def matrix(deploy: Path) -> dict[str, dict[str, str]]:
    """The table of all ways: cells by variable and way."""
    header, _, *rows = _tables((deploy / "README.md").read_text("utf-8"), "| variable | AWS")
    names = header[1:]
    return {row[0]: dict(zip(names, row[1:], strict=True)) for row in rows}


def own(folder: Path) -> dict[str, str]:
    """The table of one way."""
    _, _, *rows = _tables((folder / "README.md").read_text("utf-8"), "| variable | here")
    return {row[0]: row[1] for row in rows}


def _tables(text: str, start: str) -> list[list[str]]:
    block = text[text.index(start) :].partition("\n\n")[0]
    rows = [[cell.strip() for cell in line.strip("| ").split(" | ")] for line in block.splitlines()]
    return [[row[0].strip("`"), *row[1:]] for row in rows]


def passed_on(deploy: Path, folder: str) -> set[str]:
    """The settings that the program would get there."""
    if folder in ("aws", "gcp"):
        module = read_module(deploy / folder)
        locals_ = {name: value for one in module.of("locals") for name, value in one.body.items()}
        secrets = f"{locals_['secrets']} {locals_.get('database_url', '')}"
        return {*locals_["environment"], *re.findall(r"\b([A-Z][A-Z_]+)\b['\"]?\s*[=:]", secrets)}
    if folder == "kubernetes":
        base = deploy / folder / "base" / "settings.env"
        readme = (deploy / folder / "README.md").read_text("utf-8")
        return {
            *assigned(base.read_text("utf-8")),
            *re.findall(r"--from-literal ['\"]?(\w+)=", readme),
        }
    if folder == "systemd":
        example = (deploy / folder / "environment.example").read_text("utf-8")
        fixed = [value for name, value in unit(deploy) if name == "Environment"]
        ours = {each.partition("=")[0] for value in fixed for each in value.split()}
        return {*assigned(example), *ours} - {"PORT"}
    services = composed(deploy)
    assert services["api"]["environment"] == services["worker"]["environment"]
    return set(services["api"]["environment"])


def places(deploy: Path, folder: str) -> set[str]:
    """Where a table may say that something is set."""
    if folder in ("aws", "gcp"):
        return {one.labels[0] for one in read_module(deploy / folder).of("variable")}
    return {
        "kubernetes": {"settings.env", "sla_config.yaml"},
        "systemd": {"environment", "api_tokens"},
        "compose": {".env", "config/", "channels.env"},
    }[folder]
