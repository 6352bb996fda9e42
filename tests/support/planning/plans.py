"""Plans that Terraform makes of `ops/deploy`, and those that it has to refuse.

`python -m tests.support.planning.plans [FOLDER]`, with grpcio-tools and msgpack, where terraform
is; into the folder go the plans of the defaults, for others to look into.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tests.support.planning.provider import serving

ROOT = Path(__file__).parents[3]
DIGEST = "sha256:" + "a" * 64
IMAGE = f"registry.example.com/sla-tracker@{DIGEST}"
AWS = {
    "image": IMAGE,
    "sla_config": "x",
    "certificate_arn": "arn:c",
    "api_tokens_secret_arn": "arn:t",
}
GCP = {"project": "p", "region": "r", "image": IMAGE, "sla_config": "x", "api_tokens_secret": "t"}
EXAMPLE = "examples/quickstart"
AWS_EXAMPLE = {"digest": DIGEST, "certificate_arn": "arn:c", "domain": "sla.example.com"}
GCP_EXAMPLE = {"digest": DIGEST, "project": "p"}


@dataclass(frozen=True)
class Plan:
    """What is asked for, and what Terraform has to say: `says` is a pattern."""

    what: str
    folder: str
    variables: dict[str, str]
    says: str
    only: tuple[str, ...] = ()
    keep: str = ""
    """The plan's name, as JSON, in the folder that is asked for."""


BUILDS = r"Plan: \d\d to add, 0 to change, 0 to destroy"
GIVEN_AWS = {
    "network": '{vpc_id="v",public_subnet_ids=["a","b"],private_subnet_ids=["c","d"]}',
    "database": '{url_secret_arn="arn:d",cidr="10.0.0.0/8",port=6432}',
    "slack_webhook_url_secret_arn": "arn:s",
    "channel_secret_arns": '{OPS_URL="arn:o"}',
}
GIVEN_GCP = {
    "network": '{network="n",subnetwork="s"}',
    "database": '{url_secret="d"}',
    "domain": "sla.example.com",
    "slack_webhook_url_secret": "s",
    "channel_secrets": '{OPS_URL="o"}',
}
PLANS = [
    Plan("aws, the example", f"aws/{EXAMPLE}", AWS_EXAMPLE, BUILDS),
    Plan(
        "aws, the example's first step",
        f"aws/{EXAMPLE}",
        {**AWS_EXAMPLE, "digest": "none"},
        "Plan: 2 to add",
        ("aws_ecr_repository.this", "aws_secretsmanager_secret.api_tokens"),
    ),
    Plan("aws, with the defaults", "aws", AWS, BUILDS, keep="aws.json"),
    Plan("aws, a way out in each zone", "aws", {**AWS, "nat_gateway_per_zone": "true"}, BUILDS),
    Plan("aws, with what is there", "aws", {**AWS, **GIVEN_AWS}, BUILDS),
    Plan("aws, no worker", "aws", {**AWS, "worker": "{count=0}"}, "alerts do not sleep"),
    Plan("aws, an image by a tag", "aws", {**AWS, "image": "x:latest"}, "by its digest"),
    Plan("gcp, the example", f"gcp/{EXAMPLE}", GCP_EXAMPLE, BUILDS),
    Plan(
        "gcp, the example's first step",
        f"gcp/{EXAMPLE}",
        {**GCP_EXAMPLE, "digest": "none"},
        "Plan: 2 to add",
        ("google_artifact_registry_repository.this", "google_secret_manager_secret.api_tokens"),
    ),
    Plan("gcp, with the defaults", "gcp", GCP, BUILDS, keep="gcp.json"),
    Plan("gcp, with what is there", "gcp", {**GCP, **GIVEN_GCP}, BUILDS),
    Plan("gcp, no worker", "gcp", {**GCP, "worker": "{count=0}"}, "alerts do not sleep"),
    Plan("gcp, an image by a tag", "gcp", {**GCP, "image": "x:latest"}, "by its digest"),
]


def main() -> int:
    wrong = 0
    kept = Path(sys.argv[1]).resolve() if sys.argv[1:] else None
    with tempfile.TemporaryDirectory() as here, serving(Path(here)) as attached:
        shutil.copytree(ROOT / "ops" / "deploy", Path(here, "ops", "deploy"))
        shutil.copy(ROOT / "sla_config.yaml", here)
        environment = {**os.environ, "TF_REATTACH_PROVIDERS": attached, "CHECKPOINT_DISABLE": "1"}
        for folder in sorted({plan.folder for plan in PLANS}):
            for step in (["init", "-input=false"], ["validate"]):
                done = terraform(Path(here, "ops", "deploy", folder), step, environment)
                if done.returncode:
                    wrong += 1
                    tell(f"{folder}: {step[0]}", done.stdout + done.stderr)
        for plan in PLANS:
            given = [f"-var={name}={value}" for name, value in plan.variables.items()]
            given += [f"-target={one}" for one in plan.only]
            where = Path(here, "ops", "deploy", plan.folder)
            done = terraform(where, ["plan", "-input=false", "-out=plan", *given], environment)
            said = re.sub(r"\s*\n\W*", " ", done.stdout + done.stderr)
            found = re.search(plan.says, said)
            wrong += found is None
            if kept is not None and plan.keep:
                shown = terraform(where, ["show", "-json", "plan"], environment)
                (kept / plan.keep).write_text(shown.stdout, "utf-8")
            tell(
                plan.what, found[0] if found else f"NOT {plan.says!r}:\n{done.stdout}{done.stderr}"
            )
    return 1 if wrong else 0


def terraform(
    folder: Path, command: list[str], environment: dict[str, str]
) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        ["terraform", command[0], "-no-color", *command[1:]],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
    )


def tell(what: str, said: str) -> None:
    sys.stdout.write(f"{what}: {said}\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
