#!/bin/sh
# Checks the Dockerfile and the Compose files; needs no Docker engine where the lock ships the two programs.
set -eu
cd "$(dirname "$0")/.."

if [ -x .venv/bin/hadolint ]; then
    .venv/bin/hadolint ops/Dockerfile
    echo "ops/Dockerfile: no complaint from hadolint"
else
    echo "ops/Dockerfile: not checked, no hadolint for this platform" >&2
fi

# The program itself: its Python wrapper loses the exit code.
compose=$(.venv/bin/python -c 'import compose, pathlib; print(pathlib.Path(compose.__file__).parent / "docker-compose")' \
    2>/dev/null) || compose="docker compose"
if $compose version >/dev/null 2>&1; then
    $compose --file docker-compose.yaml --profile '*' config --quiet
    echo "docker-compose.yaml: valid ($($compose version --short))"
    SLA_IMAGE=sla-tracker POSTGRES_IMAGE=postgres POSTGRES_PASSWORD=secret API_TOKENS=token:admin \
        $compose --file ops/deploy/compose/compose.yaml config --quiet
    echo "ops/deploy/compose/compose.yaml: valid"
else
    echo "docker-compose.yaml: not checked, no Docker Compose for this platform" >&2
fi
