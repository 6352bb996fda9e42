#!/bin/sh
# Asks of ops/deploy what takes too long for every change: Terraform's plans, checkov, the image tried without Docker, the systemd unit
# tried in namespaces, a list of what the image is made of (SBOM). Tools come into .deploy-check/, a folder of their own.
set -eu
cd "$(dirname "$0")/../.."
tools=.deploy-check
failed=""
step() {
    printf '\n== %s\n' "$1"
    shift
    "$@" || failed="$failed, $1"
}

# An environment of its own: it pins much.
install() {
    name=$1
    shift
    [ -x "$tools/$name/bin/python" ] || python3 -m venv "$tools/$name"
    "$tools/$name/bin/python" -m pip install --quiet --disable-pip-version-check "$@"
}

checkov() {
    # Not asked: CPU limits (a process that is held back is late with alerts), secrets as files (the program reads its
    # environment). What Terraform's and Docker's files leave out has its reason beside it.
    "$tools/checkov/bin/checkov" --compact --quiet --skip-download "$@" --skip-check CKV_K8S_11,CKV_K8S_35
}

step "what the tests hold" .venv/bin/python -m pytest -n 0 -q tests/deploy
step "Dockerfile and Compose files" sh ops/check_containers.sh

if command -v terraform >/dev/null; then
    install planning grpcio-tools msgpack
    mkdir -p "$tools/plans"
    step "Terraform validates and plans" "$tools/planning/bin/python" -m tests.support.planning.plans "$tools/plans"
else
    echo "Terraform: not asked, it is not installed" >&2
fi

install checkov checkov
step "checkov: Terraform" checkov --directory ops/deploy --framework terraform
# Of the files it cannot see what a count or a for_each makes: the plans have it all.
for way in aws gcp; do
    if [ -s "$tools/plans/$way.json" ]; then
        step "checkov: the plan of $way" checkov --file "$tools/plans/$way.json" --framework terraform_plan \
            --repo-root-for-plan-enrichment "ops/deploy/$way"
    fi
done
step "checkov: Dockerfile" checkov --file ops/Dockerfile --framework dockerfile
if command -v kubectl >/dev/null; then
    mkdir -p "$tools/manifests"
    for overlay in small production; do
        kubectl kustomize "ops/deploy/kubernetes/overlays/$overlay" >"$tools/manifests/$overlay.yaml"
        kubectl kustomize "ops/deploy/kubernetes/overlays/$overlay/migrate" >"$tools/manifests/$overlay-migrate.yaml"
    done
    step "checkov: Kubernetes" checkov --directory "$tools/manifests" --framework kubernetes
else
    echo "checkov: Kubernetes: not asked, no kubectl here" >&2
fi

install sbom cyclonedx-bom
step "SBOM: $tools/sbom.json" "$tools/sbom/bin/cyclonedx-py" requirements --output-reproducible \
    --output-file "$tools/sbom.json" ops/requirements.txt

if [ "$(id -u)" = 0 ] && command -v debootstrap >/dev/null && command -v bwrap >/dev/null; then
    mkdir -p "$tools/debian"
    step "the image, without Docker" .venv/bin/python -m ops.deploy.try_image --keep "$tools/debian"
    step "the systemd unit" .venv/bin/python -m ops.deploy.try_unit --keep "$tools/debian"
else
    echo "Image and unit: not tried; it takes root, debootstrap and bubblewrap (apt-get install)" >&2
fi

[ -z "$failed" ] || { printf '\nFailed: %s\n' "${failed#, }" >&2; exit 1; }
