"""`sla demo`, where it cannot begin."""

import pytest
from typer.testing import CliRunner

from ops.cli import app
from ops.demo import run as demo
from ops.http.serving import PortTaken


def test_a_demo_whose_port_is_taken_at_the_last_moment_says_so(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two programs may bind a port; only the first that listens has it."""

    async def late(*_: object, **__: object) -> int:
        raise PortTaken("Cannot listen on 127.0.0.1:8000: address already in use.")

    monkeypatch.setattr(demo, "run", late)
    result = CliRunner().invoke(app, ["demo"])
    assert result.exit_code == 2
    assert "already in use. Somebody took it just now: start the demo again." in result.stderr
