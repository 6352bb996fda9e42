"""What is wrong with a configuration file, and where: the errors and warnings people read."""

from collections.abc import Sequence
from dataclasses import dataclass

KeyPath = tuple[str | int, ...]
"""Keys and list indexes from the top of the file down to a value."""


def spelled(path: KeyPath) -> str:
    """The path as people write it: `notifications.routes[0].to`."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else part
    return text


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong, or doubtful."""

    line: int
    """From 1; 0 when it is about the file as a whole."""
    column: int
    """From 1; 0 when it is about the file as a whole."""
    key: str
    message: str

    def sentence(self, name: str) -> str:
        """`sla_config.yaml:12: sla_targets.ENTERPRISE.P0.resolution: '2d' …`."""
        place = f"{name}:{self.line}" if self.line else name
        return f"{place}: {self.key}: {self.message}" if self.key else f"{place}: {self.message}"


class ConfigError(Exception):
    """The configuration is refused as a whole; `problems` has every reason that was found."""

    def __init__(self, problems: Sequence[Problem], name: str = "sla_config.yaml") -> None:
        self.problems = list(problems)
        self.name = name
        super().__init__("\n".join(problem.sentence(name) for problem in self.problems))
