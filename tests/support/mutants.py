"""The product with a mistake in it: its packages, imported anew from sources with an edit."""

import sys
from collections.abc import Generator, Mapping, Sequence
from contextlib import contextmanager
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec, PathFinder, SourceFileLoader
from types import CodeType, ModuleType
from typing import NamedTuple

PACKAGES = (
    *("command_side", "config", "engine", "ops.accepted", "projections", "query_side"),
    "tests.support",
)


class Edit(NamedTuple):
    """One place of one module's source."""

    module: str
    old: str
    """There once."""
    new: str


@contextmanager
def mutated(edits: Sequence[Edit]) -> Generator[None]:
    """Until the end an import gives the edited code; what was imported before stays as it was."""
    ours = _taken_out()
    finder = _Finder({edit.module: edit for edit in edits})
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        _taken_out()
        sys.modules.update(ours)
        for name in PACKAGES:
            parent, _, child = name.rpartition(".")
            if parent in sys.modules and name in ours:
                setattr(sys.modules[parent], child, ours[name])


def _taken_out() -> dict[str, ModuleType]:
    prefixes = tuple(f"{name}." for name in PACKAGES)
    names = [name for name in sys.modules if name in PACKAGES or name.startswith(prefixes)]
    return {name: sys.modules.pop(name) for name in names}


class _Finder(MetaPathFinder):
    def __init__(self, edits: Mapping[str, Edit]) -> None:
        self._edits = edits

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        edit = self._edits.get(fullname)
        spec = None if edit is None else PathFinder.find_spec(fullname, path, target)
        if edit is not None and spec is not None and spec.origin is not None:
            spec.loader = _Loader(fullname, spec.origin, edit)
        return spec


class _Loader(SourceFileLoader):
    def __init__(self, name: str, path: str, edit: Edit) -> None:
        super().__init__(name, path)
        self._edit = edit

    def get_code(self, fullname: str) -> CodeType:
        source = self.get_data(self.path).decode()
        _, old, new = self._edit
        if source.count(old) != 1:
            raise LookupError(f"{old!r} is {source.count(old)} times in {fullname}")
        return compile(source.replace(old, new), self.path, "exec", dont_inherit=True)
