"""Tries the image without Docker: `python -m ops.deploy.try_image`, as root on Debian.

The Dockerfile's steps are taken in a bare Debian (`debootstrap`), and the program is started there
as the image's user, on a root that is only read, without capabilities, in a network of its own:
`migrate`, `api` as the image starts it, and `worker`, until `/ready` says yes, the image's own
health check agrees, a ticket is taken and its alert is raised. Needs debootstrap and bubblewrap.
"""

import argparse
import json
import os
import secrets
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Generator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from ops.deploy.debian import debian, lacking, say
from ops.deploy.dockerfile import Stage, build
from ops.embedded.binaries import find

ROOT = Path(__file__).parents[2]
PACKAGES = "python3,python3-venv,python-is-python3,ca-certificates"
TICKET = {
    "external_id": "TICKET-001",
    "title": "Checkout is down",
    "priority": "P0",
    "customer_tier": "enterprise",
    "status": "open",
    "updated_at": "2026-01-05T09:00:00Z",
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", type=Path, help="Keep the bare Debian here, for the next time.")
    parser.add_argument("--start", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.start:
        return start(Stage(chosen.start, "", **json.loads(sys.stdin.read())))
    if lacking(("debootstrap", "bwrap", "setpriv", "unshare", "ip")):
        return 2
    with tempfile.TemporaryDirectory(prefix="sla-image-") as folder:
        workspace = Path(folder)
        os.chmod(workspace, 0o755)
        base, dockerfile = debian(chosen.keep or workspace, PACKAGES), ROOT / "ops" / "Dockerfile"
        stage = build(dockerfile, ROOT, base, workspace)
        described = {
            name: value for name, value in vars(stage).items() if name not in ("root", "name")
        }
        size = subprocess.run(
            ["du", "-sh", f"{stage.root}/app", f"{stage.root}/venv"], text=True, capture_output=True
        )
        say(size.stdout.replace(str(stage.root), "").strip())
        # A network of its own: the image's port is free there, whatever listens on this machine.
        apart = ["unshare", "--net", "sh", "-c", 'ip link set lo up && exec "$@"', "sh"]
        again = [sys.executable, "-m", "ops.deploy.try_image", "--start", str(stage.root)]
        return subprocess.run(
            [*apart, *again],
            cwd=ROOT,
            input=json.dumps(described),
            text=True,
        ).returncode


def start(stage: Stage) -> int:
    """The program, as an engine would start it."""
    token = secrets.token_hex(24)
    with database() as url, tempfile.TemporaryDirectory() as folder:
        settings = {"DATABASE_URL": url, "API_TOKENS": f"{token}:admin"}
        refused = contained(stage, settings, ["sh", "-c", "echo > /app/written"])
        assert refused.wait() != 0, "the root can be written to"
        migrated = contained(stage, settings, [*stage.entrypoint, "migrate"])
        assert migrated.wait() == 0, "the migrations failed"
        worker = [*stage.entrypoint, "serve", "--role", "worker", "--port", "8001"]
        api = [*stage.entrypoint, *stage.command, "--role", "api"]
        logs = Path(folder) / "logs"
        running = [
            contained(stage, settings, command, Path(folder) / "tmp", logs)
            for command in (api, worker)
        ]
        try:
            for port in (8000, 8001):
                answer = until(running, lambda port=port: ask(f"http://127.0.0.1:{port}/ready"))
                say(f"port {port}: {answer['status']}")
            assert contained(stage, settings, stage.health).wait() == 0, "the health check says no"
            say("the image's own health check: well")
            taken = ask("http://127.0.0.1:8000/tickets", token, {"tickets": [TICKET]})
            say(f"tickets accepted by the api: {taken['accepted']}")
            say(f"alerts raised by the worker: {until(running, lambda: raised(token))}")
        except BaseException:
            say(logs.read_text("utf-8"))
            raise
        finally:
            for process in running:
                end(process)
            codes = [process.wait(timeout=60) for process in running]
        say(f"ended in order: exit codes {codes}")
        written = [file.name for file in (Path(folder) / "tmp").rglob("*")]
        say(f"written into /tmp, all else being read only: {written or 'nothing'}")
    return 0 if codes == [0, 0] else 1


def contained(
    stage: Stage,
    settings: dict[str, str],
    command: list[str],
    temporary: Path | None = None,
    log: Path | None = None,
) -> "subprocess.Popen[bytes]":
    """A process of the image: its user, its folder, its variables, and a root that is only read."""
    accounts = (stage.root / "etc" / "passwd").read_text("utf-8").splitlines()
    groups = {line.split(":")[2]: line.split(":")[3] for line in accounts}
    if temporary is not None:
        temporary.mkdir(exist_ok=True)
        os.chmod(temporary, 0o1777)
    output = log.open("ab") if log is not None else None
    given = {**stage.environment, **settings}
    box = ["bwrap", "--ro-bind", str(stage.root), "/", "--dev", "/dev", "--proc", "/proc"]
    box += ["--bind", str(temporary), "/tmp"] if temporary else []
    box += ["--unshare-pid", "--as-pid-1", "--unshare-ipc", "--unshare-uts", "--die-with-parent"]
    box += ["--new-session", "--clearenv", "--chdir", stage.folder]
    box += [word for name, value in given.items() for word in ("--setenv", name, value)]
    box += ["setpriv", f"--reuid={stage.user}", f"--regid={groups[stage.user]}", "--clear-groups"]
    box += ["--bounding-set=-all", "--inh-caps=-all", "--no-new-privs"]
    return subprocess.Popen([*box, *command], stdout=output, stderr=output)


def end(process: "subprocess.Popen[bytes]") -> None:
    """As an engine does it: the program is the first process of its container, and is told."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for child in children:
        os.kill(int(child), signal.SIGTERM)


@contextmanager
def database() -> Generator[str]:
    """PostgreSQL on the network, with a password; the URL is as an operator would give it."""
    programs, password = find(), secrets.token_hex(12)
    with tempfile.TemporaryDirectory() as folder:
        os.chmod(folder, 0o777)
        given = Path(folder, "password")
        given.write_text(password, "utf-8")
        os.chmod(given, 0o644)
        nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"]
        data = f"{folder}/data"
        make = [str(programs / "initdb"), "-D", data, "-U", "sla", "-A", "scram-sha-256"]
        make += ["-E", "UTF8", "--locale=C", f"--pwfile={given}"]
        subprocess.run([*nobody, *make], check=True, stdout=subprocess.DEVNULL)
        server = subprocess.Popen(
            [*nobody, str(programs / "postgres"), "-D", data, "-h", "127.0.0.1", "-k", ""],
            stderr=subprocess.DEVNULL,
        )
        try:
            until(
                [server], lambda: (Path(data) / "postmaster.pid").read_text().split()[-1] == "ready"
            )
            yield f"postgresql://sla:{password}@127.0.0.1:5432/postgres"
        finally:
            server.terminate()
            server.wait(timeout=60)


def raised(token: str) -> list[str]:
    found = ask("http://127.0.0.1:8000/alerts", token)
    return sorted({str(alert["milestone"]) for alert in found["items"]})


def until(running: "list[subprocess.Popen[bytes]]", what: Any, within: float = 90) -> Any:
    """Asks until there is an answer that says something; an ended process is a failure."""
    last = time.monotonic() + within
    while time.monotonic() < last:
        if any(process.poll() is not None for process in running):
            raise SystemExit("a process has ended")
        try:
            if answer := what():
                return answer
        except (OSError, IndexError):  # not there yet, or it says no
            pass
        time.sleep(0.2)
    raise SystemExit(f"no answer within {within} seconds")


def ask(url: str, token: str = "", body: Any = None) -> Any:
    request = urllib.request.Request(url, data=json.dumps(body).encode() if body else None)
    request.add_header("Content-Type", "application/json")
    request.add_header("Authorization", f"Bearer {token}")
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


if __name__ == "__main__":
    sys.exit(main())
