"""Mistakes that are made in such files, each planted into a copy: which check finds which."""

import shutil
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import pytest

from tests.support.deploying.checks import CHECKS
from tests.support.deploying.ways import DEPLOY


@dataclass(frozen=True)
class Mistake:
    """`old` becomes `new`, once, in a file below `ops/deploy`; `found_by` are all that see it."""

    what: str
    file: str
    old: str
    new: str
    found_by: tuple[str, ...]


WORKER = "a worker always runs"
PROBES = "probes ask for what is served"
METRICS = "metrics are where they are looked for"
PLAIN = "secrets are nowhere in plain text"
PRIVILEGED = "nothing is privileged"
DATABASE = "nobody else reaches the database"
DIGEST = "images are named by digest"
MIGRATIONS = "migrations come first"

MISTAKES = [
    Mistake(
        "a misspelt attribute",
        "aws/load_balancer.tf",
        "unhealthy_threshold = 10",
        "unhealthy_treshold = 10",
        ("names", "terraform fmt"),
    ),
    Mistake(
        "an attribute that is missing",
        "gcp/services.tf",
        '  location            = var.region\n  name                = "${var.name}-${each.key}"\n',
        '  name                = "${var.name}-${each.key}"\n',
        ("names",),
    ),
    Mistake(
        "a variable that nobody declared",
        "aws/scaling.tf",
        "var.api.maximum",
        "var.api_maximum",
        ("names",),
    ),
    Mistake(
        "a setting that one way forgets",
        "kubernetes/base/settings.env",
        "MAX_BODY_BYTES=\n",
        "",
        ("environment",),
    ),
    Mistake(
        "a public database",
        "gcp/database.tf",
        "ipv4_enabled    = false",
        "ipv4_enabled    = true",
        (DATABASE,),
    ),
    Mistake(
        "a secret in plain text",
        "compose/compose.yaml",
        "${POSTGRES_PASSWORD:?a long one, of letters and digits}@postgres",
        "${POSTGRES_PASSWORD:-sla}@postgres",
        (PLAIN,),
    ),
    Mistake(
        "a password that Terraform keeps",
        "aws/database.tf",
        "  password_wo         = ephemeral.random_password.database.result\n"
        "  password_wo_version = var.database_password_version\n",
        '  password = "correct horse battery staple"\n',
        (PLAIN, "terraform fmt"),
    ),
    Mistake(
        "no worker",
        "kubernetes/overlays/small/kustomization.yaml",
        "{name: sla-tracker-worker, count: 1}",
        "{name: sla-tracker-worker, count: 0}",
        (WORKER,),
    ),
    Mistake(
        "a port that differs",
        "kubernetes/base/api.yaml",
        "{name: http, containerPort: 8000}",
        "{name: http, containerPort: 8080}",
        (PROBES,),
    ),
    Mistake(
        "metrics on a port that nobody looks at",
        "kubernetes/base/settings.env",
        "METRICS_PORT=9464",
        "METRICS_PORT=9465",
        (METRICS,),
    ),
    Mistake(
        "a health check of what is not served",
        "gcp/services.tf",
        'path = "/ready"',
        'path = "/readyz"',
        (PROBES,),
    ),
    Mistake(
        "a privileged container",
        "kubernetes/base/worker.yaml",
        "            privileged: false",
        "            privileged: true",
        (PRIVILEGED,),
    ),
    Mistake(
        "an image by a tag",
        "kubernetes/overlays/production/image/kustomization.yaml",
        "digest: sha256:0000000000000000000000000000000000000000000000000000000000000000",
        "newTag: latest",
        (DIGEST,),
    ),
    Mistake(
        "a roll-out without the migrations",
        "aws/services.tf",
        "depends_on = [aws_lb_listener.https, terraform_data.migrated]",
        "depends_on = [aws_lb_listener.https]",
        (MIGRATIONS,),
    ),
    Mistake(
        "a unit that is no longer hardened",
        "systemd/sla-tracker@.service",
        "CapabilityBoundingSet=\n",
        "",
        ("systemd-analyze",),
    ),
    Mistake(
        "a manifest with a misspelt field",
        "kubernetes/base/worker.yaml",
        "            failureThreshold: 10",
        "            failureTreshold: 10",
        ("kubernetes-validate",),
    ),
    Mistake(
        "a service of Compose that waits for nobody there",
        "compose/compose.yaml",
        "      postgres: {condition: service_healthy}",
        "      postgresql: {condition: service_healthy}",
        ("docker compose config",),
    ),
]


def copied(copy: Path, way: str) -> Path:
    """A copy of `ops/deploy` in which one way may be changed; the others lead to the real ones, so
    that what was found there once need not be asked again."""
    copy.mkdir()
    for part in DEPLOY.iterdir():
        if part.name == way:
            shutil.copytree(part, copy / way)
        else:
            (copy / part.name).symlink_to(part)
    return copy


@pytest.mark.parametrize("mistake", MISTAKES, ids=lambda mistake: mistake.what)
def test_a_mistake_is_found(mistake: Mistake, tmp_path: Path) -> None:
    # Of a name that was never there before: what was found in a folder is not asked again.
    copy = copied(tmp_path / uuid4().hex, mistake.file.partition("/")[0])
    file = copy / mistake.file
    text = file.read_text("utf-8")
    assert mistake.old in text
    file.write_text(text.replace(mistake.old, mistake.new, 1), "utf-8")
    found: dict[str, list[str]] = {}
    for name, check in CHECKS.items():
        with suppress(pytest.skip.Exception):  # what it needs is not installed
            found[name] = list(check(copy))
    could = set(mistake.found_by) & set(found)
    if not could:
        pytest.skip(f"what finds it is not installed: {mistake.found_by}")
    assert {name for name, complaints in found.items() if complaints} == could, found
