"""What a way of running may not get wrong, whatever its tools say about its form."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from config.settings import Settings
from ops.logging import PROBES
from tests.support.deploying.hcl import Block, Module, read_module
from tests.support.deploying.ways import (
    OVERLAYS,
    ROOT,
    composed,
    kustomized,
    of_kind,
    pods,
    unit,
)

SECRETS = {
    name.upper() for name, field in Settings.model_fields.items() if "SecretStr" in str(field)
}
ELSEWHERE = {"443", "5432", "var.database.port", "each.value"}
"""Ports of others, which we talk to; each.value: those for mail."""
DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


def a_worker_always_runs(deploy: Path) -> Iterator[str]:
    for way in ("aws", "gcp"):
        module = read_module(deploy / way)
        (worker,) = module.of("variable", "worker")
        if "${var.worker.count >= 1}" not in _texts(worker.body.get("validation")):
            yield f"{way}: nothing refuses a worker.count of 0"
        if re.search(r"count = optional\(number, 0\)|count = optional\(number\)", str(worker.body)):
            yield f"{way}: there is no worker by default"
    aws = read_module(deploy / "aws")
    services = {one.labels[1]: one.body for one in aws.of("resource", "aws_ecs_service")}
    if services.get("worker", {}).get("desired_count") != "${var.worker.count}":
        yield "aws: no service runs worker.count of the worker"
    elif services["worker"].get("deployment_minimum_healthy_percent") != 100:
        yield "aws: a roll-out may end a worker before the next is there"
    gcp = _locals(read_module(deploy / "gcp"))["services"]
    worker_there = gcp.get("worker", {})
    if worker_there.get("minimum") != "${var.worker.count}":
        yield "gcp: no service runs worker.count of the worker at all times"
    if "'cpu_idle': True" in str(read_module(deploy / "gcp")):
        yield "gcp: its cores are taken away between requests"
    for overlay in OVERLAYS:
        running = [
            one["spec"].get("replicas", 1)
            for one in of_kind(kustomized(deploy, overlay), "Deployment")
            if _role(one["spec"]["template"]["spec"]["containers"][0]["args"]) == "worker"
            and one["spec"]["strategy"]["rollingUpdate"]["maxUnavailable"] == 0
        ]
        if sum(running) < 1:
            yield f"kubernetes/{overlay}: no worker runs at all times"
    working = [
        one for one in composed(deploy).values() if _role(one.get("command", [])) == "worker"
    ]
    if not any(one.get("restart") == "unless-stopped" and "profiles" not in one for one in working):
        yield "compose: no worker runs at all times"


def migrations_come_first(deploy: Path) -> Iterator[str]:
    for way, service in {"aws": "aws_ecs_service", "gcp": "google_cloud_run_v2_service"}.items():
        module = read_module(deploy / way)
        if not any(
            "migrate" in _texts(one.body.get("provisioner"))
            for one in module.of("resource", "terraform_data")
        ):
            yield f"{way}: nothing runs the migrations"
        for one in module.of("resource", service):
            if "${terraform_data.migrated}" not in one.body.get("depends_on", []):
                yield f"{way}: {one.name} does not wait for the migrations"
    for overlay in OVERLAYS:
        jobs = of_kind(kustomized(deploy, f"{overlay}/migrate"), "Job")
        images = {pod["containers"][0]["image"] for pod in pods(kustomized(deploy, overlay) + jobs)}
        if [pod["containers"][0]["args"] for pod in pods(jobs)] != [["migrate"]]:
            yield f"kubernetes/{overlay}: no Job runs the migrations"
        if len(images) != 1:
            yield f"kubernetes/{overlay}: the migrations are of another image: {images}"
    script = (deploy / "kubernetes" / "roll-out.sh").read_text("utf-8")
    steps = re.findall(r"^kubectl apply -k (.*)$", script, re.MULTILINE)
    if steps != ['"$overlay/migrate"', '"$overlay"']:
        yield f"kubernetes: roll-out.sh applies {steps}"
    before = [value for name, value in unit(deploy) if name == "ExecStartPre"]
    if not any(value.endswith("ops.cli migrate") for value in before):
        yield "systemd: the service starts without the migrations"
    services = composed(deploy)
    for name in ("api", "worker"):
        waits = services.get(name, {}).get("depends_on", {}).get("migrate", {})
        if waits.get("condition") != "service_completed_successfully":
            yield f"compose: {name} does not wait for the migrations"
    if services.get("migrate", {}).get("command") != ["migrate"]:
        yield "compose: nothing runs the migrations"


def probes_ask_for_what_is_served(deploy: Path) -> Iterator[str]:
    for way in ("aws", "gcp"):
        module = read_module(deploy / way)
        port = _locals(module)["port"]
        text = "".join(each.read_text("utf-8") for each in sorted((deploy / way).glob("*.tf")))
        asked = re.findall(r'^ *path +=  *"(/[^"]*)"', text, re.M)
        asked += re.findall(r"http://127\.0\.0\.1:\$\{local\.port\}(/\w+)", text)
        yield from (f"{way}: nothing answers at {path}" for path in set(asked) - PROBES)
        if not asked:
            yield f"{way}: nobody is asked whether he is well"
        ports = re.findall(r"^ *(?:port|container_port|from_port|to_port) +=  *(\S+)$", text, re.M)
        yield from (
            f"{way}: a port is {found}, the program listens at local.port ({port})"
            for found in set(ports) - {"local.port", str(port), *ELSEWHERE}
        )
        if len(re.findall(r'"--port", tostring\(local\.port\)', text)) != {"aws": 2, "gcp": 1}[way]:
            yield f"{way}: the program does not listen at local.port"
    for overlay in OVERLAYS:
        for pod in pods(kustomized(deploy, overlay)):
            (container,) = pod["containers"]
            if container["args"][-2:] != ["--port", _ports(container).get("http")]:
                yield f"kubernetes/{overlay}: {container['name']} does not listen at its port"
            for probe in ("startupProbe", "readinessProbe", "livenessProbe"):
                asks = container.get(probe, {}).get("httpGet", {})
                if asks.get("path") not in PROBES or asks.get("port") != "http":
                    yield f"kubernetes/{overlay}: {container['name']}: {probe} asks {asks}"
        for service in of_kind(kustomized(deploy, overlay), "Service"):
            if {each["targetPort"] for each in service["spec"]["ports"]} - {"http", "metrics"}:
                yield f"kubernetes/{overlay}: the Service leads to another port"
    for name, service in composed(deploy).items():
        if _role(service.get("command", [])) in ("api", "worker"):
            served = service["command"][-1]
            test = str(service.get("healthcheck", {}).get("test"))
            path = re.search(rf"http://127\.0\.0\.1:{served}(/\w+)", test)
            if path is None or path[1] not in PROBES:
                yield f"compose: {name}: its health check asks {test}"
            for published in service.get("ports", []):
                if published.split(":")[-1] != served or not published.startswith("127.0.0.1:"):
                    yield f"compose: {name} publishes {published}"


def metrics_are_where_they_are_looked_for(deploy: Path) -> Iterator[str]:
    for overlay in OVERLAYS:
        manifests = kustomized(deploy, overlay)
        (port,) = [
            one["data"]["METRICS_PORT"]
            for one in of_kind(manifests, "ConfigMap")
            if "METRICS_PORT" in one["data"]
        ]
        for pod in pods(manifests):
            (container,) = pod["containers"]
            if _ports(container).get("metrics") != port:
                yield f"kubernetes/{overlay}: {container['name']} has no port {port} for metrics"
        led = {
            each["name"]: each["targetPort"]
            for service in of_kind(manifests, "Service")
            for each in service["spec"]["ports"]
        }
        for monitor in of_kind(manifests, "ServiceMonitor"):
            if {led.get(each["port"]) for each in monitor["spec"]["endpoints"]} != {"metrics"}:
                yield f"kubernetes/{overlay}: Prometheus looks elsewhere"
            if f"'port': {port}," not in str(of_kind(manifests, "NetworkPolicy")):
                yield f"kubernetes/{overlay}: nobody lets Prometheus in"


def the_load_balancer_lets_go_first(deploy: Path) -> Iterator[str]:
    serving = (ROOT / "ops" / "http" / "serving.py").read_text("utf-8")
    (keep_alive,) = re.findall(r"^_KEEP_ALIVE = (\d+)", serving, re.MULTILINE)
    for one in read_module(deploy / "aws").of("resource", "aws_lb"):
        if int(one.body.get("idle_timeout", 60)) >= int(keep_alive):
            yield f"aws: the program lets go of idle connections first, after {keep_alive} seconds"
    (timeout,) = [
        template["timeout"]
        for one in read_module(deploy / "gcp").of("resource", "google_cloud_run_v2_service")
        for template in one.body["template"]
    ]
    if timeout != "3600s":
        yield "gcp: WebSockets are cut earlier than Cloud Run would have to"


def images_are_named_by_digest(deploy: Path) -> Iterator[str]:
    for way in ("aws", "gcp"):
        module = read_module(deploy / way)
        (image,) = module.of("variable", "image")
        if "@sha256:[0-9a-f]{64}$" not in _texts(image.body.get("validation")):
            yield f"{way}: an image without a digest is taken"
        text = "".join(each.read_text("utf-8") for each in sorted((deploy / way).rglob("*.tf")))
        for found in re.findall(r"^ *image +=  *(.*)$", text, re.M):
            if found != "var.image" and "@${var.digest}" not in found:
                yield f"{way}: the image is {found}"
    for overlay in OVERLAYS:
        for pod in pods(kustomized(deploy, overlay) + kustomized(deploy, f"{overlay}/migrate")):
            image = pod["containers"][0]["image"]
            if DIGEST.search(image) is None:
                yield f"kubernetes/{overlay}: the image is {image}"
    for name, service in composed(deploy).items():
        if re.fullmatch(r"\$\{\w+:\?.*@sha256.*\}", service["image"]) is None:
            yield f"compose: the image of {name} is {service['image']}"


def secrets_are_nowhere_in_plain_text(deploy: Path) -> Iterator[str]:
    for way in ("aws", "gcp"):
        for part in (".", "examples/quickstart"):
            module = read_module(deploy / way / part)
            for one in module.blocks:
                if one.kind == "resource":
                    yield from (f"{way}: {one.name}: {what}" for what in _plain_secrets(one))
        yield from (
            f"{way}: {name} is an ordinary variable of the environment"
            for name in _locals(read_module(deploy / way))["environment"]
            if name in SECRETS
        )
    for overlay in OVERLAYS:
        for parts in (overlay, f"{overlay}/migrate"):
            manifests = kustomized(deploy, parts)
            yield from (
                f"kubernetes/{overlay}: a Secret is committed" for _ in of_kind(manifests, "Secret")
            )
            given = [
                each for pod in pods(manifests) for each in pod["containers"][0].get("env", [])
            ]
            given += [
                {"name": name, "value": value}
                for each in of_kind(manifests, "ConfigMap")
                for name, value in each.get("data", {}).items()
            ]
            for each in given:
                if each["name"] in SECRETS and "value" in each:
                    yield f"kubernetes/{overlay}: {each['name']} is in plain text"
    example = (deploy / "systemd" / "environment.example").read_text("utf-8")
    if re.search(
        r"^DATABASE_URL=\w+://[^@/\n]*:[^@\n]*@|^SLACK_\w+=.|^API_TOKENS=.", example, re.M
    ):
        yield "systemd: the example holds a secret"
    for name, service in composed(deploy).items():
        for variable, value in service.get("environment", {}).items():
            bare = re.sub(r"\$\{\w+(:\?[^}]*|:-)\}", "", str(value))
            if variable in SECRETS | {"POSTGRES_PASSWORD"} and re.search(r"\$\{|:[^/@]+@", bare):
                yield f"compose: {name}: {variable} has a secret, or a default"
            if variable in ("POSTGRES_PASSWORD", "API_TOKENS") and not str(value).startswith(
                f"${{{variable}:?"
            ):
                yield f"compose: {name}: {variable} is not asked for"


def nothing_is_privileged(deploy: Path) -> Iterator[str]:
    hardened = _locals(read_module(deploy / "aws"))["hardened"]
    drop = hardened.get("linuxParameters", {}).get("capabilities", {}).get("drop")
    if (
        hardened.get("readonlyRootFilesystem") is not True
        or hardened.get("privileged")
        or drop != ["ALL"]
    ):
        yield "aws: the containers may do more than they need"
    for overlay in OVERLAYS:
        for pod in pods(kustomized(deploy, overlay) + kustomized(deploy, f"{overlay}/migrate")):
            (container,) = pod["containers"]
            may = container.get("securityContext", {})
            as_user = pod.get("securityContext", {})
            if (
                may.get("privileged")
                or may.get("allowPrivilegeEscalation") is not False
                or may.get("readOnlyRootFilesystem") is not True
                or may.get("capabilities") != {"drop": ["ALL"]}
                or as_user.get("runAsNonRoot") is not True
                or as_user.get("seccompProfile") != {"type": "RuntimeDefault"}
            ):
                yield f"kubernetes/{overlay}: {container['name']} may do more than it needs"
    for name, service in composed(deploy).items():
        if (
            service.get("privileged")
            or service.get("read_only") is not True
            or service.get("cap_drop") != ["ALL"]
            or service.get("cap_add")
            or "no-new-privileges:true" not in service.get("security_opt", [])
            or service.get("user") in (None, "root", "0")
        ):
            yield f"compose: {name} may do more than it needs"


def nobody_else_reaches_the_database(deploy: Path) -> Iterator[str]:
    aws = read_module(deploy / "aws")
    for one in aws.of("resource", "aws_db_instance"):
        if one.body.get("publicly_accessible") is not False:
            yield "aws: the database has a public address"
    for one in aws.of("resource", "aws_vpc_security_group_ingress_rule"):
        if "database" in str(one.body["security_group_id"]) and "cidr_ipv4" in one.body:
            yield f"aws: {one.labels[1]} lets others than our tasks reach the database"
    for one in read_module(deploy / "gcp").of("resource", "google_sql_database_instance"):
        for address in one.body["settings"][0]["ip_configuration"]:
            if address.get("ipv4_enabled") is not False or "authorized_networks" in address:
                yield "gcp: the database has a public address"
    if composed(deploy)["postgres"].get("ports"):
        yield "compose: the database is published"


RULES: dict[str, Callable[[Path], Iterator[str]]] = {
    rule.__name__.replace("_", " "): rule
    for rule in (
        a_worker_always_runs,
        migrations_come_first,
        probes_ask_for_what_is_served,
        metrics_are_where_they_are_looked_for,
        the_load_balancer_lets_go_first,
        images_are_named_by_digest,
        secrets_are_nowhere_in_plain_text,
        nothing_is_privileged,
        nobody_else_reaches_the_database,
    )
}


def _ports(container: dict[str, Any]) -> dict[str, str]:
    return {one["name"]: str(one["containerPort"]) for one in container["ports"]}


def _locals(module: Module) -> dict[str, Any]:
    return {name: value for one in module.of("locals") for name, value in one.body.items()}


def _texts(value: Any) -> str:
    return str(value).replace("\\\\", "\\")


def _role(command: list[str]) -> str | None:
    return command[command.index("--role") + 1] if "--role" in command else None


def _plain_secrets(block: Block) -> Iterator[str]:
    for name in ("password", "secret_string", "root_password"):
        if name in block.body:
            yield f"{name} is kept in Terraform's state"
    if (
        "secret_data" in block.body
        and block.name != "google_secret_manager_secret_version.sla_config"
    ):
        yield "secret_data is kept in Terraform's state"
    for name, value in block.body.items():
        if name.endswith("_wo") and "ephemeral.random_password" not in str(value):
            yield f"{name} is not made here"
