#!/bin/sh
# Asks OSV (https://osv.dev) whether anything in the lock has a fault that is known, by pip-audit: the installed one, else
# by uvx, else in .audit/, a folder of its own. Ends with 0: none is known; 1: some are, and are listed; 2: nothing was
# checked, as the tool or the data could not be reached. More arguments are pip-audit's: --osv-url for a mirror.
set -u
cd "$(dirname "$0")/.."
said=$(mktemp) && listed=$(mktemp) || exit 2
trap 'rm -f "$said" "$listed"' EXIT

nothing() {
    printf 'Nothing was checked: %s\n' "$1" >&2
    tail -n 1 "$said" >&2
    exit 2
}

if command -v pip-audit >/dev/null; then
    tool=pip-audit
elif command -v uvx >/dev/null; then
    tool="uvx --quiet pip-audit"
else
    tool=.audit/bin/pip-audit
    [ -x "$tool" ] || { python3 -m venv .audit && .audit/bin/python -m pip install --quiet pip-audit; } 2>"$said" ||
        nothing "pip-audit could not be installed."
fi

# By its hashes the lock is what is installed, so that nothing has to be resolved, nor fetched.
$tool --requirement requirements.txt --require-hashes --disable-pip --vulnerability-service osv --progress-spinner off \
    "$@" >"$listed" 2>"$said"
code=$?
cat "$listed"
# It ends with 1 for both: only what it has found is listed.
[ "$code" -eq 0 ] || [ -s "$listed" ] || nothing "pip-audit did not get as far, so whether there are known faults is not known."
tail -n 1 "$said"
exit "$code"
