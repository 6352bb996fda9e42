"""All that is asked of `ops/deploy`, each check by its name."""

from collections.abc import Callable, Iterable
from pathlib import Path

from tests.support.deploying import environment, schemas, tools
from tests.support.deploying.rules import RULES

CHECKS: dict[str, Callable[[Path], Iterable[str]]] = {
    "terraform fmt": tools.terraform_format,
    "names": schemas.of_all,
    "environment": environment.complaints,
    "kubernetes-validate": tools.kubernetes_schema,
    "docker compose config": tools.compose_config,
    "systemd-analyze": tools.systemd_unit,
    **RULES,
}
"""Each takes the folder `ops/deploy`, or a copy of it, and gives a sentence for each complaint."""
