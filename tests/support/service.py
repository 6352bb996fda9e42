"""The service as operators run it: processes of its own, started, killed and read from outside."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable, Generator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

from psycopg.conninfo import conninfo_to_dict

from config.settings import Settings
from tests.support.forking import Forked
from tests.support.patience import PATIENCE

ROOT = Path(__file__).parents[2]
_POLL = 0.02


class Ended(Exception):
    """The process has ended; its exit code and what it last said."""

    def __init__(self, code: int, said: str) -> None:
        super().__init__(f"exit code {code}: {said[-3000:]}")
        self.code, self.said = code, said


class Program:
    """One `python -m ops.cli VERB` that serves HTTP on a free port, with its logs in a folder."""

    forked = sys.platform == "linux"
    """Whether its modules are loaded before it begins: see `tests.support.forking`."""
    root = ROOT
    """Where its code is; of another release only where it is not forked."""
    module = "ops.cli"

    def __init__(self, folder: Path, *arguments: str, environment: Mapping[str, str]) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self.url = ""
        self._arguments = [*arguments, "--port", "0"]
        ours = {name.upper() for name in Settings.model_fields}
        kept = {name: value for name, value in os.environ.items() if name not in ours}
        self.environment = {**kept, **environment}
        self._process: subprocess.Popen[bytes] | Forked | None = None
        self._seen = 0
        self._asked = False

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def launch(self) -> None:
        """Begins to start; `until_ready` waits."""
        self._asked = False
        with (self.folder / "out").open("ab") as out, (self.folder / "err").open("ab") as err:
            self._seen = err.tell()
            if self.forked:
                self._process = Forked(
                    self._arguments,
                    self.environment,
                    Path(out.name),
                    Path(err.name),
                    module=self.module,
                )
                return
            self._process = subprocess.Popen(
                [sys.executable, "-m", self.module, *self._arguments],
                cwd=self.root,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=err,
            )

    def until_ready(self) -> None:
        """Returns when it listens. Raises Ended when it does not come up."""
        assert self._process is not None
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            said = self.said()
            words = [word for word in said.split() if word.startswith("http://")]
            if words:
                self.url = words[0].rstrip("/")
                return
            if (code := self._process.poll()) is not None:
                raise Ended(code, said)
            time.sleep(_POLL)
        self.kill()
        raise Ended(-1, f"not ready in {PATIENCE} s: {self.said()} {self.complaints()}")

    def start(self) -> None:
        """Raises Ended when it does not come up."""
        self.launch()
        self.until_ready()

    def said(self) -> str:
        """To people, since the last start."""
        with (self.folder / "err").open("rb") as err:
            err.seek(self._seen)
            return err.read().decode()

    def kill(self) -> None:
        """As `kill -9` does."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def ask_to_end(self) -> None:
        """As Ctrl-C does; `stop` waits. Once: asked again, it would not wait for its clean-up."""
        if self._process is not None and not self._asked:
            self._asked = True
            self._process.terminate()

    def stop(self) -> int:
        """As Ctrl-C does: the exit code."""
        if self._process is None:
            return 0
        self.ask_to_end()
        try:
            return self._process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.kill()
            raise

    def log(self) -> list[dict[str, Any]]:
        """Every line that it has logged, in all of its lives."""
        lines: list[dict[str, Any]] = []
        for text in (self.folder / "out").read_text().splitlines():
            try:
                lines.append(json.loads(text))
            except ValueError:  # cut off by a kill
                lines.append({"level": "cut off", "message": text})
        return lines

    def complaints(self) -> list[dict[str, Any]]:
        """What it logged as an error or worse."""
        return [line for line in self.log() if line["level"] in ("error", "critical")]


def service(
    folder: Path,
    config: str,
    *,
    database: str = "",
    slack: str = "",
    role: str = "all",
    **environment: str,
) -> Program:
    """A service that is not running yet; `database` is a conninfo, empty for its own PostgreSQL."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / "sla_config.yaml"
    file.write_text(config)
    return Program(
        folder,
        "serve",
        "--role",
        role,
        environment={
            "SLA_CONFIG": str(file),
            "SLA_DATA_DIR": str(folder / "data"),
            "DATABASE_URL": database_url_of(database) if database else "",
            "SLACK_WEBHOOK_URL": slack,
            **environment,
        },
    )


@contextmanager
def running(*programs: Program) -> Generator[None]:
    """All of them, started and ended side by side; whatever still runs at the end is stopped."""
    try:
        for program in programs:
            program.launch()
        for program in programs:
            program.until_ready()
        yield
    finally:
        for program in programs:
            program.ask_to_end()
        for program in programs:
            program.stop()


def mock_slack(folder: Path) -> Program:
    """A Slack that is not running yet; post to `<url>/services/<any path>`."""
    return Program(folder, "mock-slack", environment={})


def ran(arguments: Sequence[str], environment: Mapping[str, str], said: Path) -> int:
    """The exit code of `python -m ops.cli ARGUMENTS`; all that it says is in the file then."""
    said.write_bytes(b"")
    if Program.forked:
        return Forked(arguments, environment, said, said).wait()
    with said.open("ab") as out:
        command = [sys.executable, "-m", "ops.cli", *arguments]
        return subprocess.run(
            command, cwd=ROOT, env=environment, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        ).returncode


def database_url_of(conninfo: str) -> str:
    """The same address as people write it into DATABASE_URL."""
    parts = {name: str(value) for name, value in conninfo_to_dict(conninfo).items()}
    user, password = parts.pop("user", ""), parts.pop("password", "")
    name = parts.pop("dbname", "")
    login = quote(user, safe="") + (f":{quote(password, safe='')}" if password else "")
    return f"postgresql://{login}@/{quote(name)}?{urlencode(parts)}"


def until(true: Callable[[], bool], what: str, *, within: float = PATIENCE) -> None:
    """Waits for something outside that signals nothing."""
    give_up = time.monotonic() + within
    while not true():
        if time.monotonic() > give_up:
            raise AssertionError(f"still not after {within} s: {what}")
        time.sleep(_POLL)
