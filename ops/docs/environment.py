"""The page of environment variables, from `.env.example`: it says of each what it means, and its
default; a test holds it against the settings that the program reads."""

from collections.abc import Iterator
from pathlib import Path

from ops.docs.table import code, table

INTRODUCTION = """# Environment variables

Read once, when a process starts. An empty variable counts as not set, and white space around a
value does not count. Variables that hold secrets of channels and desks have names of your own:
the configuration says which (`url_env`, `secret_env`, `token_env` …).

"""


def page(root: Path) -> str:
    text = (root / ".env.example").read_text(encoding="utf-8")
    return INTRODUCTION + table(("variable", "default", "meaning"), _rows(text))


def _rows(text: str) -> Iterator[tuple[str, str, str]]:
    said: list[str] = []
    for line in text.splitlines()[1:]:
        if line.startswith("#"):
            said.append(line.removeprefix("#").strip())
        elif "=" in line:
            name, _, default = line.partition("=")
            yield code(name), code(default.strip('"')), " ".join(said)
            said = []
