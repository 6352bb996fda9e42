"""`sla demo`: the demo in this terminal."""

from ops.commands.exits import out, refuse
from ops.demo import run as demo
from ops.embedded import PostgresUnavailable
from ops.http.serving import PortTaken, until_interrupted


def run(*, once: bool, seconds: float) -> int:
    """Play until the end or Ctrl-C: the exit code."""
    try:
        ended = until_interrupted(lambda: demo.run(out, seconds=seconds, once=once))
    except PostgresUnavailable as error:
        refuse(f"The demo needs the embedded PostgreSQL. {error}")
    except PortTaken as error:  # since the demo had found it free
        refuse(f"{error} Somebody took it just now: start the demo again.")
    if ended is None:
        out.print("The demo has ended.")
    return 0 if ended is None else ended
