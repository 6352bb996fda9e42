"""The embedded PostgreSQL with real servers and real accidents."""

import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from subprocess import PIPE
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict

from ops.embedded import EmbeddedPostgres, PostgresUnavailable, leftovers, runfile

ROOT = Path(__file__).parents[2]
PROGRAM = """
import sys
from ops.embedded import EmbeddedPostgres
with EmbeddedPostgres(sys.argv[1]) as postgres:
    print(postgres.conninfo, flush=True)
    sys.stdin.read()
"""
# An ordinary user who may still read the interpreter, wherever root has put it.
AS_NOBODY = (
    *("setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"),
    *("--inh-caps=+dac_read_search", "--ambient-caps=+dac_read_search"),
)
# Root who may not map itself into a user namespace, as in many containers (Linux 5.12).
WITHOUT_NAMESPACES = ("setpriv", "--bounding-set=-setfcap")
OTHERS: Mapping[str, Sequence[str]] = (
    {"nobody": AS_NOBODY, "root without namespaces": WITHOUT_NAMESPACES}
    if os.geteuid() == 0 and all(place.stat().st_mode & 1 for place in Path(sys.prefix).parents)
    else {}
)
"""Users who are not ourselves, as whom all the other accidents here happen."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A data folder that lives through most of these accidents: initdb takes half a second."""
    folder = tmp_path_factory.mktemp("data")
    with EmbeddedPostgres(folder) as postgres:
        run(postgres.conninfo, "CREATE TABLE kept (word text)")
    yield folder
    shutil.rmtree(folder)


@pytest.fixture
def fresh(tmp_path: Path) -> Iterator[Path]:
    """A data folder that does not exist yet."""
    yield tmp_path / "data"
    shutil.rmtree(tmp_path)


@contextmanager
def another_process(
    folder: Path, *prefix: str
) -> Generator[tuple[subprocess.Popen[str], str], None, None]:
    """A program that uses the folder, and the conninfo that it was given."""
    command = [*prefix, sys.executable, "-W", "error", "-c", PROGRAM, str(folder)]
    with subprocess.Popen(command, stdin=PIPE, stdout=PIPE, text=True, cwd=ROOT) as process:
        try:
            assert process.stdout is not None
            yield process, process.stdout.readline().strip()
        finally:
            if process.poll() is None:
                end_well(process)


def end_well(process: subprocess.Popen[str]) -> int:
    process.communicate(timeout=60)  # ends its standard input
    return process.returncode


def run(conninfo: str, statement: str) -> list[tuple[object, ...]]:
    with psycopg.connect(conninfo, autocommit=True) as connection:
        cursor = connection.execute(statement.encode())
        return cursor.fetchall() if cursor.description else []


def remember(conninfo: str) -> str:
    word = uuid4().hex
    run(conninfo, f"INSERT INTO kept VALUES ('{word}')")
    return word


def remembers(conninfo: str, word: str) -> bool:
    try:
        return run(conninfo, f"SELECT word FROM kept WHERE word = '{word}'") == [(word,)]
    except psycopg.OperationalError:
        return False


def eventually(holds: Callable[[], bool]) -> bool:
    until = time.monotonic() + 60
    while not (held := holds()) and time.monotonic() < until:
        time.sleep(0.02)
    return held


def announced(folder: Path) -> dict[str, int]:
    run_file = folder / "postgres.json"
    return json.loads(run_file.read_text()) if run_file.exists() else {}


def serving(folder: Path) -> int:
    """The server's process id, 0 when there is none."""
    pid = leftovers.ready_pid(folder / "postgres")
    return pid if pid and leftovers.is_server_of(pid, folder / "postgres") else 0


def test_starts_on_a_fresh_folder_with_the_settings_that_we_rely_on(fresh: Path) -> None:
    with EmbeddedPostgres(fresh) as postgres:
        assert run(
            postgres.conninfo,
            "SELECT current_user::text, datname::text, pg_encoding_to_char(encoding)::text"
            " FROM pg_database WHERE datname = current_database()",
        ) == [("sla", "sla", "UTF8")]
        names = "fsync synchronous_commit TimeZone max_connections listen_addresses log_lock_waits"
        shown = [run(postgres.conninfo, f"SHOW {name}")[0][0] for name in names.split()]
        assert shown == ["on", "on", "UTC", "100", "", "on"]
        written_less = "full_page_writes", "wal_compression", "checkpoint_timeout", "max_wal_size"
        shown = [run(postgres.conninfo, f"SHOW {name}")[0][0] for name in written_less]
        assert shown in [["on", how, "15min", "2GB"] for how in ("on", "pglz")]  # by version
        assert run(postgres.conninfo, "SELECT max(x) FROM (VALUES ('B'), ('a')) v (x)") == [("a",)]
        assert {os.getpid(), serving(fresh)} <= set(announced(fresh).values())
        assert os.getsid(serving(fresh)) != os.getsid(0)  # Ctrl-C is not for the server


def test_a_stopped_server_leaves_nothing_but_its_data(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres:
        sockets = Path(str(conninfo_to_dict(postgres.conninfo)["host"]))
        assert sockets.stat().st_mode & 0o077 == 0
    assert not serving(folder)
    assert not sockets.exists()
    with pytest.raises(PostgresUnavailable, match="not been started"):
        _ = postgres.conninfo


def test_starts_again_on_the_same_data(folder: Path) -> None:
    postgres = EmbeddedPostgres(folder)
    with postgres:
        word = remember(postgres.conninfo)
    with postgres:
        assert remembers(postgres.conninfo, word)


@pytest.mark.parametrize("killed", ["server", "backend"])
def test_a_killed_server_comes_back_at_the_same_address_with_its_data(
    folder: Path, killed: str
) -> None:
    with EmbeddedPostgres(folder) as postgres:
        word = remember(postgres.conninfo)
        before = serving(folder)
        with psycopg.connect(postgres.conninfo) as connection:
            os.kill(before if killed == "server" else connection.info.backend_pid, signal.SIGKILL)
        assert eventually(lambda: serving(folder) not in (before, 0))
        assert eventually(lambda: remembers(postgres.conninfo, word))
        assert eventually(lambda: announced(folder)["postmaster_pid"] == serving(folder))


@pytest.mark.parametrize("taken", ["folder", "socket"])
def test_a_server_whose_socket_was_cleaned_away_comes_back_at_the_same_address(
    folder: Path, taken: str
) -> None:
    with EmbeddedPostgres(folder) as postgres:
        word = remember(postgres.conninfo)
        before = serving(folder)
        sockets = Path(str(conninfo_to_dict(postgres.conninfo)["host"]))
        if taken == "folder":
            shutil.rmtree(sockets)
        else:
            (sockets / ".s.PGSQL.5432").unlink()
        assert eventually(lambda: serving(folder) not in (before, 0))
        assert eventually(lambda: remembers(postgres.conninfo, word))


def test_a_place_for_the_socket_is_made_again_with_all_that_was_around_it(tmp_path: Path) -> None:
    wanted = tmp_path / "private" / "sla-1234"
    assert runfile.socket_dir(str(wanted), os.geteuid(), os.getegid()) == str(wanted)
    assert wanted.stat().st_mode & 0o777 == 0o700


def test_a_server_moves_when_the_place_of_its_socket_is_taken(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres:
        word = remember(postgres.conninfo)
        sockets = Path(str(conninfo_to_dict(postgres.conninfo)["host"]))
        shutil.rmtree(sockets)
        sockets.write_text("a stranger's")
        assert eventually(lambda: remembers(postgres.conninfo, word))
        assert conninfo_to_dict(postgres.conninfo)["host"] != str(sockets)
    sockets.unlink()


def test_a_killed_server_comes_back_although_a_statement_of_it_still_runs(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres:

        def be_busy() -> None:
            with suppress(psycopg.OperationalError):  # the server is killed under it
                run(postgres.conninfo, "SELECT max(i) FROM (SELECT generate_series(1, 2e8) i) busy")

        busy = threading.Thread(target=be_busy)
        busy.start()
        activity = "SELECT 1 FROM pg_stat_activity WHERE query ~ 'busy$' AND state = 'active'"
        assert eventually(lambda: run(postgres.conninfo, activity) == [(1,)])
        word = remember(postgres.conninfo)
        os.kill(serving(folder), signal.SIGKILL)
        assert eventually(lambda: remembers(postgres.conninfo, word))
        busy.join()


def test_the_server_of_a_killed_program_ends_and_the_next_start_works(folder: Path) -> None:
    with another_process(folder) as (process, conninfo):
        word = remember(conninfo)
        process.kill()
        process.wait()
        with EmbeddedPostgres(folder) as postgres:  # at once: the old server may still be ending
            assert remembers(postgres.conninfo, word)
            assert postgres.conninfo == conninfo
    assert not serving(folder)


def test_the_server_of_a_killed_program_ends_by_itself_and_cleanly(folder: Path) -> None:
    with another_process(folder) as (process, _):
        process.kill()
        assert eventually(lambda: not serving(folder))
    assert eventually(lambda: not (folder / "postgres" / "postmaster.pid").exists())
    assert "database system is shut down" in (folder / "postgres.log").read_text()


def test_two_processes_share_a_folder(folder: Path) -> None:
    with EmbeddedPostgres(folder) as postgres:
        with another_process(folder) as (process, conninfo):
            word = remember(conninfo)
            assert end_well(process) == 0
        assert remembers(postgres.conninfo, word)


def test_several_processes_may_start_at_the_same_time(fresh: Path) -> None:
    with ThreadPoolExecutor() as threads, ExitStack() as programs:
        several = [another_process(fresh) for _ in range(3)]
        answers = [threads.submit(programs.enter_context, program) for program in several]
        conninfos = [answer.result()[1] for answer in answers]
        assert len(set(conninfos)) == 1
        assert run(conninfos[0], "SELECT 1") == [(1,)]


@pytest.mark.parametrize("accident", [True, False], ids=["killed", "stopped"])
def test_whoever_is_left_takes_over_at_the_same_address(folder: Path, accident: bool) -> None:
    with another_process(folder) as (owner, conninfo), EmbeddedPostgres(folder) as postgres:
        assert postgres.conninfo == conninfo
        word = remember(conninfo)
        if accident:
            owner.kill()
            owner.wait()
        else:
            assert end_well(owner) == 0
        assert eventually(lambda: announced(folder).get("owner_pid") == os.getpid())
        assert remembers(conninfo, word)


@pytest.mark.parametrize("content", ["stranger", "zombie", "gone", "own next", "empty"])
def test_a_stale_pid_file_does_not_keep_the_server_from_starting(
    folder: Path, content: str
) -> None:
    with EmbeddedPostgres(folder) as postgres:
        word = remember(postgres.conninfo)
        pid_file = folder / "postgres" / "postmaster.pid"
        written = pid_file.read_text().split("\n", 1)[1]
    with subprocess.Popen(["true"]) as ended:
        os.waitid(os.P_PID, ended.pid, os.WEXITED | os.WNOWAIT)  # it is a zombie from now on
        pids = {"stranger": os.getppid(), "zombie": ended.pid, "gone": 2**22 + 1}
        pids |= {"own next": ended.pid + 1}
        pid_file.write_text(f"{pids[content]}\n{written}" if content in pids else "")
        with EmbeddedPostgres(folder) as postgres:
            assert remembers(postgres.conninfo, word)


@pytest.mark.parametrize("prefix", OTHERS.values(), ids=OTHERS)
def test_runs_as_other_users_than_ourselves(prefix: Sequence[str]) -> None:
    folder = Path(tempfile.mkdtemp(prefix="sla-user-"))  # tmp_path is closed to other users
    try:
        os.chown(folder, 65534, 65534)
        with another_process(folder / "data", *prefix) as (process, conninfo):
            run(conninfo, "CREATE TABLE kept (word text)")
            word = remember(conninfo)
            assert end_well(process) == 0
        with another_process(folder / "data", *prefix) as (process, conninfo):
            assert remembers(conninfo, word)
            assert end_well(process) == 0
    finally:
        shutil.rmtree(folder)


def test_the_data_folder_may_have_a_long_and_unusual_name(fresh: Path) -> None:
    with EmbeddedPostgres(fresh / ("long, \"quoted' name " * 8) / ("ü" * 60)) as postgres:
        assert run(postgres.conninfo, "SELECT 1") == [(1,)]


def test_a_half_made_folder_is_made_again(fresh: Path) -> None:
    half = fresh / "postgres.new"
    half.mkdir(parents=True)
    (half / "base").write_text("killed during initdb")
    with EmbeddedPostgres(fresh) as postgres:
        assert run(postgres.conninfo, "SELECT 1") == [(1,)]


def test_a_server_that_cannot_start_says_why(folder: Path) -> None:
    control = folder / "postgres" / "global" / "pg_control"
    aside = control.rename(folder / "aside")
    try:
        with pytest.raises(PostgresUnavailable, match="pg_control"):
            EmbeddedPostgres(folder).start()
    finally:
        aside.rename(control)


@pytest.mark.parametrize("program", [["sleep", "600"], ["sh", "-c", "kill -INT $$"]])
def test_where_the_kernel_does_not_help_the_server_ends_with_its_input(program: list[str]) -> None:
    code = "import sys; from ops.embedded.launcher import watch; sys.exit(-watch(sys.argv[1:]))"
    command = [sys.executable, "-c", code, *program]
    with subprocess.Popen(command, cwd=ROOT, stdin=PIPE) as launcher:
        if program[0] == "sh":
            launcher.wait()  # ends by itself while its input is still open
        launcher.communicate()
        assert launcher.returncode == signal.SIGINT
