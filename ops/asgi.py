"""The application for any ASGI server: `uvicorn ops.asgi:app`.

How large a head may be, how many may connect, and how long they may take, is that server's to say:
`sla serve` bounds it. So is where it listens: `/metrics` is answered beside all else here, whatever
METRICS_PORT says.
"""

from typing import Any


def __getattr__(name: str) -> Any:
    """Built on first use, so that importing this module does nothing."""
    if name != "app":
        raise AttributeError(name)
    import sys

    from config import settings
    from ops import logging
    from ops.wiring import Service

    read = settings.read()
    logging.configure(read.log_level, json=not sys.stdout.isatty())
    globals()["app"] = app = Service(read).app
    return app
