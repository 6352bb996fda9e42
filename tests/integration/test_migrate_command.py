"""`sla migrate`: the step before a roll-out says what it did, and refuses in words."""

import psycopg
from typer.testing import CliRunner, Result

from ops.cli import app
from tests.support.service import database_url_of


def migrate(conninfo: str, *options: str) -> Result:
    environment = {"DATABASE_URL": database_url_of(conninfo)}
    return CliRunner().invoke(app, ["migrate", *options], env=environment)


def test_an_empty_database_gets_every_table_and_the_second_time_nothing(
    empty_database_url: str,
) -> None:
    first, second = migrate(empty_database_url), migrate(empty_database_url)
    assert first.exit_code == second.exit_code == 0
    assert first.stdout.splitlines()[0] == "applied 0001_events_and_heads.sql"
    assert second.stdout.startswith("Nothing to do")
    with psycopg.connect(empty_database_url) as conn:
        found = conn.execute("SELECT count(*) FROM event_store_migrations").fetchone()
    assert found == (len(first.stdout.splitlines()),)


def test_what_it_would_do_is_asked_before_a_roll_out(empty_database_url: str) -> None:
    before = migrate(empty_database_url, "--check")
    assert before.exit_code == 1
    applied = migrate(empty_database_url).stdout.splitlines()
    assert before.stdout.replace("would apply", "applied").splitlines() == applied
    after = migrate(empty_database_url, "--check")
    assert (after.exit_code, after.stdout.split(":")[0]) == (0, "Nothing to do")


def test_a_database_of_a_newer_version_is_refused_in_words(database_url: str) -> None:
    with psycopg.connect(database_url) as conn:
        conn.execute("INSERT INTO event_store_migrations VALUES ('9999_later.sql', '0')")
    environment = {"DATABASE_URL": database_url_of(database_url)}
    serve = ["serve", "--port", "0"]
    for arguments in (["migrate"], ["migrate", "--check"], serve, [*serve, "--role", "worker"]):
        result = CliRunner().invoke(app, arguments, env=environment)
        assert result.exit_code == 2
        assert "9999_later.sql" in result.stderr
        assert "newer version; start that one" in result.stderr


def test_a_server_that_does_not_answer_fails_the_step() -> None:
    result = CliRunner().invoke(
        app, ["migrate"], env={"DATABASE_URL": "postgresql://127.0.0.1:9/x"}
    )
    assert result.exit_code == 2
    assert "The database does not answer" in result.stderr
