"""What others have written and the page ships: just as it was published, and with its licence."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

from query_side import web

FOLDER = Path(web.__file__).parent / "vendor"
LOCK: dict[str, dict[str, Any]] = json.loads((FOLDER / "lock.json").read_text(encoding="utf-8"))


def test_every_vendored_file_is_the_one_that_is_locked() -> None:
    there = {
        str(file.relative_to(FOLDER)): sha256(file.read_bytes()).hexdigest()
        for file in FOLDER.rglob("*")
        if file.is_file() and file.name != "lock.json"
    }
    locked = {name: file["sha256"] for one in LOCK.values() for name, file in one["files"].items()}
    assert there == locked


def test_every_vendored_library_has_its_licence_and_the_version_it_says() -> None:
    for name, one in LOCK.items():
        assert one["license"] == "MIT"
        assert "MIT License" in (FOLDER / name / "LICENSE").read_text(encoding="utf-8")
        scripts = [file for file in one["files"] if file.endswith(".js")]
        for script in scripts:
            assert f"v{one['version']}" in (FOLDER / script).read_text(encoding="utf-8")[:400]
