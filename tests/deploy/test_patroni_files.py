"""The files of the cluster of three: whole, and all that is to be put into them is told."""

import re
from pathlib import Path
from string import Template
from typing import Any

import pytest
import yaml

FOLDER = Path(__file__).parents[2] / "ops" / "deploy" / "patroni"
FILES = ("etcd.conf.yml", "patroni.yml", "haproxy.cfg")


@pytest.mark.parametrize("name", FILES)
def test_whatever_is_to_be_put_in_is_told(name: str) -> None:
    asked = set(Template((FOLDER / name).read_text("utf-8")).get_identifiers())
    told = set(re.findall(r"\$(\w+)", (FOLDER / "README.md").read_text("utf-8")))
    assert asked <= told


def test_what_is_acknowledged_is_on_two_machines_and_a_leader_ends_before_another_leads() -> None:
    text = Template((FOLDER / "patroni.yml").read_text("utf-8")).safe_substitute(etcd="etcd")
    agreed: dict[str, Any] = yaml.safe_load(re.sub(r"\$\w+", "x", text))["bootstrap"]["dcs"]
    assert agreed["synchronous_mode"] is True
    assert agreed["postgresql"]["parameters"]["synchronous_commit"] == "on"
    assert agreed["loop_wait"] + 2 * agreed["retry_timeout"] <= agreed["ttl"]
