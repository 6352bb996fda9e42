"""Collects what is wrong or doubtful while a configuration is built, so that all of it is told."""

from dataclasses import dataclass, field

from config.document import Document
from config.problems import KeyPath, Problem


@dataclass(frozen=True, slots=True)
class Findings:
    """Problems refuse the file, warnings do not."""

    document: Document
    stored: bool = False
    """It is about a text that is in force already."""
    problems: list[Problem] = field(default_factory=list[Problem])
    warnings: list[Problem] = field(default_factory=list[Problem])

    def refuse(self, path: KeyPath, message: object) -> None:
        """Says why the value at the path makes the file unusable."""
        self.problems.append(self.document.problem(path, str(message)))

    def limit(self, path: KeyPath, message: str) -> None:
        """Says what is too much from now on; what is stored means what it meant."""
        if not self.stored:
            self.refuse(path, message)

    def warn(self, path: KeyPath, message: str) -> None:
        """Says why the value at the path is probably not what was meant."""
        self.warnings.append(self.document.problem(path, message))
