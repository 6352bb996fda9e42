"""Three members of a Patroni cluster, each in a network namespace of its own, as on three machines.

The configuration is what `ops/deploy/patroni` has. This side of the bridge between them are the
service and its HAProxy.
"""

import os
import shutil
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from string import Template
from typing import Any

import httpx
import psycopg
import pytest
from psycopg import sql

CONFIGURATION = Path(__file__).parents[2] / "ops" / "deploy" / "patroni"
NODES = ("one", "two", "three")
NETWORK = "10.77.18.{}"
HERE = NETWORK.format(254)
PASSWORD = "of-the-test"
BRIDGE = "slabridge"
USER = "postgres"
AS_USER = (f"--reuid={USER}", f"--regid={USER}", "--clear-groups")
PROGRAMS = ("patroni", "etcd", "haproxy", "ip", "setpriv")
PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
HTTP = httpx.Client(trust_env=False)  # no proxy knows these machines
Json = dict[str, Any]


def missing() -> str | None:
    """Why there can be no such cluster here."""
    away = [name for name in PROGRAMS if shutil.which(name, path=PATH) is None]
    if away:
        return f"no {', '.join(away)} here (on Debian: apt-get install patroni etcd-server haproxy)"
    if _binaries() is None:
        return "no /usr/lib/postgresql/*/bin here (on Debian: apt-get install postgresql)"
    if os.geteuid() != 0:
        return "network namespaces are made by root only"
    return None


def _binaries() -> Path | None:
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/postgres"))
    return found[-1].parent if found else None


def _version() -> int:
    said = subprocess.run(["patroni", "--version"], env={"PATH": PATH}, capture_output=True)
    return int(said.stdout.split()[-1].split(b".")[0])


class Node:
    """One machine: etcd, Patroni, and the PostgreSQL that Patroni starts."""

    def __init__(self, number: int, folder: Path) -> None:
        self.name = NODES[number]
        self.address = NETWORK.format(number + 1)
        self.folder = folder / self.name
        self._namespace, self._link = f"sla-{self.name}", f"sla{number}"
        self._inside = ("ip", "netns", "exec", self._namespace)
        self._etcd: subprocess.Popen[bytes] | None = None
        self._patroni: subprocess.Popen[bytes] | None = None

    def connect(self) -> None:
        """Its machine, and the cable to the others."""
        _ip("netns", "add", self._namespace)
        _ip("link", "add", self._link, "type", "veth", "peer", "eth0", "netns", self._namespace)
        _ip("link", "set", self._link, "master", BRIDGE, "up")
        for command in (
            ("addr", "add", f"{self.address}/24", "dev", "eth0"),
            ("link", "set", "eth0", "up"),
            ("link", "set", "lo", "up"),
        ):
            _ip("-n", self._namespace, *command)
        self.folder.mkdir()
        for name in ("etcd.conf.yml", "patroni.yml"):
            written(name, self.folder, node=self.name, address=self.address)
        shutil.chown(self.folder, USER)
        for file in self.folder.iterdir():
            shutil.chown(file, USER)

    def start_etcd(self) -> None:
        self._etcd = self.run("etcd", "--config-file", str(self.folder / "etcd.conf.yml"))

    def start_patroni(self) -> None:
        self._patroni = self.run("patroni", str(self.folder / "patroni.yml"))

    def run(self, *command: str) -> subprocess.Popen[bytes]:
        """A program on that machine, with its output in the machine's folder."""
        with (self.folder / f"{Path(command[0]).name}.log").open("ab") as log:
            return subprocess.Popen(
                [*self._inside, "setpriv", *AS_USER, *command],
                cwd=self.folder,
                env={"PATH": PATH, "HOME": str(self.folder), "LC_ALL": "C.UTF-8"},
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
            )

    def kill(self) -> None:
        """Patroni and PostgreSQL, by `kill -9`; etcd stays."""
        if self._patroni is not None:
            self._patroni.kill()
            self._patroni.wait()
            self._patroni = None
        lock = self.folder / "data" / "postmaster.pid"
        if lock.exists():
            pid = int(lock.read_text().splitlines()[0])
            if (
                Path(f"/proc/{pid}/cwd").exists()
                and Path(f"/proc/{pid}/cwd").resolve() == lock.parent
            ):
                os.kill(pid, signal.SIGKILL)

    def cut_off(self) -> None:
        """Nothing that is sent arrives any more, and nobody is told."""
        _ip("link", "set", self._link, "down")

    def join_again(self) -> None:
        _ip("link", "set", self._link, "up")

    def end(self) -> None:
        self.kill()
        if self._etcd is not None:
            self._etcd.kill()
            self._etcd.wait()

    def disconnect(self) -> None:
        subprocess.run(["ip", "netns", "del", self._namespace], check=False, capture_output=True)
        subprocess.run(["ip", "link", "del", self._link], check=False, capture_output=True)


class Cluster:
    """All three."""

    def __init__(self, nodes: Sequence[Node]) -> None:
        self.nodes = nodes

    def gate(self, database: str = "postgres") -> str:
        """Where HAProxy leads to the member that takes writes."""
        return f"host={HERE} port=5000 user=postgres password={PASSWORD} dbname={database}"

    def hosts(self, database: str = "postgres") -> str:
        """All members; connections find the one that takes writes by themselves."""
        named = ",".join(node.address for node in self.nodes)
        return (
            f"host={named} port=5432 user=postgres password={PASSWORD} dbname={database}"
            " target_session_attrs=read-write connect_timeout=2"
        )

    def create(self, database: str) -> None:
        with psycopg.connect(self.gate(), autocommit=True) as conn:
            conn.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(database)))

    def leader(self) -> Node | None:
        """By any who are not cut off, and only if it says so itself."""
        for node in self.nodes:
            try:
                if HTTP.get(f"http://{node.address}:8008/primary", timeout=1).status_code == 200:
                    return node
            except httpx.HTTPError:  # it is down or cut off, which the test has done
                continue
        return None

    def led(self) -> Node:
        """The leader, awaited."""
        until(lambda: self.leader() is not None, "somebody leads")
        leader = self.leader()
        assert leader is not None
        return leader

    def is_whole(self) -> bool:
        """One leads, two follow it, one of them synchronously; by the leader's own word, and by
        what all have agreed on."""
        leader = self.leader()
        if leader is None:
            return False
        followed = _asked(leader, "patroni").get("replication", [])
        states = sorted((one["state"], one["sync_state"]) for one in followed)
        roles = sorted(one["role"] for one in _asked(leader, "cluster").get("members", []))
        return (states, roles) == (
            [("streaming", "async"), ("streaming", "sync")],
            ["leader", "replica", "sync_standby"],
        )

    def switch_over(self) -> None:
        """Its leader hands over to the one that follows synchronously."""
        leader = self.led()
        asked = {"leader": leader.name}
        answer = HTTP.post(f"http://{leader.address}:8008/switchover", json=asked, timeout=60)
        assert answer.status_code in (200, 202), answer.text


def _asked(node: Node, path: str) -> Json:
    """Empty when it does not answer."""
    try:
        return HTTP.get(f"http://{node.address}:8008/{path}", timeout=2).json()
    except (httpx.HTTPError, ValueError):
        return {}


def written(name: str, folder: Path, **more: str) -> Path:
    """A file of `ops/deploy/patroni`, with this cluster's names in it."""
    addresses = {one: NETWORK.format(number + 1) for number, one in enumerate(NODES)}
    known = {
        **addresses,
        "folder": str(folder),
        "here": HERE,
        "network": NETWORK.format(0) + "/24",
        "password": PASSWORD,
        "binaries": str(_binaries()),
        "etcd": "etcd3" if _version() >= 4 else "etcd",
        "watchdog": '"off"',
        **more,
    }
    file = folder / name
    file.write_text(Template((CONFIGURATION / name).read_text()).substitute(known))
    return file


def until(true: Callable[[], bool], what: str, *, within: float = 180.0) -> None:
    give_up = time.monotonic() + within
    while not true():
        if time.monotonic() > give_up:
            raise AssertionError(f"still not after {within} s: {what}")
        time.sleep(0.1)


@contextmanager
def cluster(logs: Path) -> Generator[Cluster]:
    """Running, with HAProxy before it, until it is left; then what all have logged is in `logs`.
    Skips the test where there can be none."""
    if (why := missing()) is not None:
        # It takes root, network namespaces and Debian's packages, which few machines give: the
        # other long tests have to run without. These run where `make long` finds all of it.
        pytest.skip(why)
    folder = Path(tempfile.mkdtemp(prefix="sla-patroni-", dir="/var/tmp"))
    folder.chmod(0o755)
    nodes = [Node(number, folder) for number in range(3)]
    with ExitStack() as at_the_end:
        at_the_end.callback(shutil.rmtree, folder, ignore_errors=True)
        at_the_end.callback(_kept, folder, logs)
        at_the_end.callback(
            subprocess.run, ["ip", "link", "del", BRIDGE], check=False, capture_output=True
        )
        _ip("link", "add", BRIDGE, "type", "bridge")
        _ip("addr", "add", f"{HERE}/24", "dev", BRIDGE)
        _ip("link", "set", BRIDGE, "up")
        for node in nodes:
            at_the_end.callback(node.disconnect)
            node.connect()
        for node in nodes:
            at_the_end.callback(node.end)
            node.start_etcd()
        for node in nodes:
            node.start_patroni()
        found = Cluster(nodes)
        haproxy = subprocess.Popen(
            ["haproxy", "-db", "-f", str(written("haproxy.cfg", folder))],
            env={"PATH": PATH},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        at_the_end.callback(haproxy.wait)
        at_the_end.callback(haproxy.kill)
        until(found.is_whole, "the cluster is whole")
        yield found


def _kept(folder: Path, logs: Path) -> None:
    for log in folder.glob("*/*.log"):
        (logs / log.parent.name).mkdir(parents=True, exist_ok=True)
        shutil.copy(log, logs / log.parent.name)


def _ip(*command: str) -> None:
    subprocess.run(["ip", *command], check=True, capture_output=True)
