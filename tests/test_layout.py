"""The house stands where it should: our package names are ours, and both locks are sound."""

import ast
import importlib
import re
import sys
import tomllib
from importlib import metadata
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parent.parent
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
PACKAGES: list[str] = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
OURS = [file for package in [*PACKAGES, "tests"] for file in (ROOT / package).rglob("*.py")]
LOCKS = ["requirements.txt", "ops/requirements.txt"]
PIN = re.compile(r"(?P<name>[a-z0-9.-]+)(\[(?P<extras>[^]]+)\])?==\S+( ; .+)?$")
ASKED = re.compile(r"(?P<name>[A-Za-z0-9.-]+)\[(?P<extras>[^]]+)\]")


def pins(lock: str) -> dict[str, set[str]]:
    """Each requirement of a lock file, with its hashes."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    return {
        entry.split("\\")[0].strip(): set(re.findall(r"--hash=(\S+)", entry)) for entry in entries
    }


def pinned(lock: str) -> dict[str, set[str]]:
    """Each package of a lock file, with its extras."""
    found = [PIN.match(requirement) for requirement in pins(lock)]
    return {
        one["name"]: {extra.strip() for extra in (one["extras"] or "").split(",")} - {""}
        for one in found
        if one is not None
    }


@pytest.mark.parametrize("package", PACKAGES)
def test_a_package_name_resolves_into_this_repository(package: str) -> None:
    file = importlib.import_module(package).__file__
    assert file is not None
    assert Path(file).resolve() == ROOT / package / "__init__.py"


def test_no_other_distribution_owns_a_package_name() -> None:
    owners = metadata.packages_distributions()
    found = {package: set(owners.get(package, [])) for package in PACKAGES}
    ours = {PROJECT["project"]["name"]}
    assert {package: others for package, one in found.items() if (others := one - ours)} == {}


def test_every_tool_looks_at_every_package() -> None:
    tool = PROJECT["tool"]
    assert tool["pyright"]["include"] == [*PACKAGES, "tests"]
    assert tool["importlinter"]["root_packages"] == PACKAGES
    assert tool["coverage"]["run"]["source"] == PACKAGES


def test_every_folder_of_modules_is_a_package() -> None:
    folders = {file.parent for file in OURS if not file.is_relative_to(ROOT / "tests")}
    assert {folder for folder in folders if not (folder / "__init__.py").exists()} == set()


def test_the_sla_arithmetic_imports_the_standard_library_and_structs_only() -> None:
    imported = {
        name
        for file in (ROOT / "engine" / "sla").rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        for name in names(node)
        if not name.startswith("engine.sla")
    }
    assert {name.partition(".")[0] for name in imported} <= {*sys.stdlib_module_names, "msgspec"}


def names(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom) and node.module is not None:
        return [node.module]
    return []


def test_no_module_outgrows_its_room() -> None:
    lengths = {file: len(file.read_text(encoding="utf-8").splitlines()) for file in OURS}
    assert {
        str(file.relative_to(ROOT)) for file, length in lengths.items() if length > 400
    } == set()


@pytest.mark.parametrize("lock", LOCKS)
def test_a_lock_pins_every_requirement_by_hash_and_names_no_address(lock: str) -> None:
    assert pins(lock)
    assert {requirement for requirement, hashes in pins(lock).items() if not hashes} == set()
    assert all(PIN.match(requirement) for requirement in pins(lock))
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|^--|file:|@", text, flags=re.MULTILINE)


def test_the_image_installs_a_part_of_what_was_tested() -> None:
    tested = pins("requirements.txt")
    assert {
        requirement
        for requirement, hashes in pins("ops/requirements.txt").items()
        if not hashes <= tested.get(requirement, set())
    } == set()


def test_the_locks_follow_the_declared_dependencies() -> None:
    declared = {re.split(r"[^a-z0-9-]", line)[0] for line in PROJECT["project"]["dependencies"]}
    for lock in LOCKS:
        assert declared <= pinned(lock).keys()


def test_an_extra_that_a_pinned_package_asks_for_is_in_the_lock() -> None:
    """Without it pip before 23.3 looks for a version of its own, and refuses it for its hash."""
    known = pinned("requirements.txt")
    asked = {
        (found["name"].lower(), extra.strip())
        for package in known
        for requirement in requirements_of(package)
        if (found := ASKED.match(requirement)) and "extra ==" not in requirement
        for extra in found["extras"].split(",")
    }
    assert ("coverage", "toml") in asked
    assert {(name, extra) for name, extra in asked if name in known} <= {
        (name, extra) for name, extras in known.items() for extra in extras
    }


def requirements_of(package: str) -> list[str]:
    try:
        return metadata.requires(package) or []
    except metadata.PackageNotFoundError:  # for another platform
        return []
