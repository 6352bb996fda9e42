"""The receivers that docs/webhooks.md shows verify, tell twice from once, and answer."""

import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from engine.notify.message import Delivered, Message, Outcome, Rejected
from engine.notify.signing import signer
from engine.notify.webhook import Webhook
from ops.wiring import now
from tests.support.notices import notice

GUIDE = (Path(__file__).resolve().parents[3] / "docs" / "webhooks.md").read_text(encoding="utf-8")
KNOWN, NEW, FOREIGN = (f"whsec_{letter * 32}" for letter in "ABC")
PACKAGE = "standardwebhooks@1.1.1"


def shown(language: str) -> str:
    (code,) = re.findall(rf"```{language}\n(.*?)```", GUIDE, re.DOTALL)
    return code


@contextmanager
def receiver(command: Sequence[str], folder: Path) -> Generator[tuple[str, Callable[[], str]]]:
    """Its address, and what gives the next line that it prints."""
    environment = {"WEBHOOK_SECRET": KNOWN, "PORT": "0"}
    with subprocess.Popen(
        command, cwd=folder, env=environment, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
    ) as process:
        assert process.stdout is not None
        read = process.stdout.readline
        try:
            port = read().split()[-1].decode()
            yield f"http://127.0.0.1:{port}", lambda: read().decode().strip()
        finally:
            process.kill()


async def holds(url: str, line: Callable[[], str]) -> None:
    async def sent(alert: str, secret: str) -> Outcome:
        webhook = Webhook(url, client=client, now=now, signer=signer(secret))
        one = notice(alert=alert, to="süd.west", external_id=f"of {alert}")
        return await webhook.deliver(Message((one,)))

    async with httpx.AsyncClient() as client:
        assert await sent("a1", KNOWN) == Delivered()
        assert await sent("a1", KNOWN) == Delivered()
        refused = [await sent("a2", FOREIGN), await sent("a2", "of before")]
        assert [type(one) for one in refused] == [Rejected, Rejected]
        assert await sent("a3", f"{NEW} {KNOWN}") == Delivered()
        unsigned = await client.post(url, json={})
        assert unsigned.status_code == 401
    assert [line(), line()] == ["alert of a1", "alert of a3"]


async def test_the_python_receiver_does_what_the_guide_says(tmp_path: Path) -> None:
    (tmp_path / "receiver.py").write_text(shown("python"))
    with receiver([sys.executable, "receiver.py"], tmp_path) as (url, line):
        await holds(url, line)


@pytest.fixture
def node(tmp_path: Path) -> str:
    """The program, with the library in the test's folder."""
    found, npm = shutil.which("node"), shutil.which("npm")
    if found is None or npm is None:
        pytest.skip("there is no Node.js with npm here")
    install = [npm, "install", "--no-audit", "--no-fund", "--ignore-scripts", PACKAGE]
    if subprocess.run(install, cwd=tmp_path, capture_output=True, timeout=60).returncode:
        pytest.skip(f"npm cannot get {PACKAGE} here")
    return found


async def test_the_node_receiver_does_what_the_guide_says(node: str, tmp_path: Path) -> None:
    (tmp_path / "receiver.js").write_text(shown("js"))
    with receiver([node, "receiver.js"], tmp_path) as (url, line):
        await holds(url, line)


def test_the_guide_names_every_header_and_where_the_schema_is() -> None:
    sent = signer(KNOWN).headers("name", now(), b"{}")
    assert {name for name in (*sent, "webhook-id") if f"`{name}`" not in GUIDE} == set()
    assert "/webhooks/schema.json" in GUIDE
