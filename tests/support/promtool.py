"""Prometheus' own tool, which judges metrics and rules as Prometheus itself will."""

import shutil

import pytest

# The service needs no Prometheus, so its tests have to pass on a machine that has none, and CI
# installs none. What is ours is held without it: every metric by its name, every rule by a case of
# each kind. Whoever changes metrics or rules installs it, and these run with all others.
needed = pytest.mark.skipif(
    shutil.which("promtool") is None, reason="promtool (Debian: prometheus) is not here"
)
