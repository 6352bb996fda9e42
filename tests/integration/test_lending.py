"""What one test leaves behind in a database that is lent, no other one finds."""

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest
from psycopg import OperationalError

from tests.support.lending import Lender

PROJECTIONS = "select name, position, lease_owner from projections order by name"


@pytest.fixture(scope="module")
def lender(furnished: Lender) -> Iterator[Lender]:
    with closing(Lender(furnished.server, furnished.template)) as lender:
        yield lender


def test_rows_are_gone_and_what_the_template_had_is_back(lender: Lender) -> None:
    with lender.lent() as first, psycopg.connect(first, autocommit=True) as conn:
        before = conn.execute(PROJECTIONS).fetchall()
        conn.execute("insert into notification_tracking values ('test', 1)")
        conn.execute("update projections set position = 5, lease_owner = 'somebody'")
        conn.execute("delete from event_store_migrations")
    with lender.lent() as second, psycopg.connect(second, autocommit=True) as conn:
        assert conn.execute("select from notification_tracking").fetchall() == []
        assert conn.execute(PROJECTIONS).fetchall() == before != []
        assert conn.execute("select from event_store_migrations").fetchall() != []


def test_whoever_is_still_connected_is_thrown_out(lender: Lender) -> None:
    with lender.lent() as url:
        left = psycopg.connect(url)
        left.execute("insert into notification_tracking values ('test', 1)")
    with pytest.raises(OperationalError):
        left.execute("select 1")
    left.close()


def test_one_from_which_a_test_threw_everybody_out_is_lent_again(lender: Lender) -> None:
    others = (
        "select pg_terminate_backend(pid, 10000) from pg_stat_activity"
        " where datname = current_database() and pid <> pg_backend_pid()"
    )
    with lender.lent() as first, psycopg.connect(first, autocommit=True) as conn:
        conn.execute(others)
        conn.execute("insert into notification_tracking values ('test', 1)")
    with lender.lent() as second, psycopg.connect(second, autocommit=True) as conn:
        assert second == first
        assert conn.execute("select from notification_tracking").fetchall() == []


@pytest.mark.parametrize(
    "statement",
    [
        "create table more (word text)",
        "drop table muted_tickets",
        "alter table heads add constraint refused check (external_id <> 'bad')",
        "alter table heads drop column next_due_at",
        "alter table events disable trigger user",
        "drop index heads_external_id",
        "truncate alerts",
        "create or replace function refuse_change_of_events() returns trigger language plpgsql as"
        " $$ begin return null; end $$",
        "do $$ begin execute format('alter database %I set work_mem = 64', current_database());"
        " end $$",
    ],
)
def test_a_database_that_is_not_what_it_was_is_lent_no_more(lender: Lender, statement: str) -> None:
    with lender.lent() as first, psycopg.connect(first, autocommit=True) as conn:
        conn.execute(statement.encode())
    with lender.lent() as second:
        assert second != first
