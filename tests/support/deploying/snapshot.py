"""Takes the schemas of Terraform's providers anew: `python -m tests.support.deploying.snapshot`.

The providers are programs of hundreds of megabytes. Packages that are generated from their schemas
name every attribute and block: what `ops/deploy` uses of them fits into `tests/data/providers`.
"""

import json
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from tests.support.deploying.hcl import PARTS, Module, read_module
from tests.support.deploying.ways import DEPLOY

FOLDER = Path(__file__).parents[2] / "data" / "providers"
PACKAGES = {
    "aws": "@cdktn/provider-aws@25.7.0",
    "google": "@cdktf/provider-google@16.12.1",
    "random": "@cdktn/provider-random@15.0.1",
}
"""npm's packages, each for one version of its provider."""

Kinds = dict[str, set[str]]
KINDS = {"resource": "TerraformResource", "data": "TerraformDataSource"}
KINDS["ephemeral"] = "TerraformEphemeralResource"

_FUNCTION = re.compile(r"^function (\w+)ToHclTerraform\(struct\) \{\n(.*?)^\}", re.M | re.S)
_CLASS = re.compile(r"^class (\w+) extends \w+\.(\w+) \{\n(.*?)^\}", re.M | re.S)
_SYNTHESIS = re.compile(r"synthesizeHclAttributes\(\) \{\n(.*?)^    \}", re.M | re.S)
_ATTRIBUTE = re.compile(
    r"^ +(\w+): \{\n +value: (.*?),\n +isBlock: (\w+),\n +type: \"(\w+)\",\n"
    r" +storageClassType: \"(\w+)\",",
    re.M | re.S,
)
_GETTER = re.compile(r"this\.get(\w+)Attribute\('(\w+)'\)")
_PART = re.compile(r"new (\w+)(OutputReference|List|Map)\(this, \"(\w+)\"(?:, (\w+))?\)")
_FIELD = re.compile(r"(?:this\._|struct\.)(\w+)")
_READ_AS = {"List": "stringList"}


class Source:
    """One generated file: a resource with all its blocks."""

    def __init__(self, text: str) -> None:
        self._structs = {name: body for name, body in _FUNCTION.findall(text)}
        self._classes = {name: (base, body) for name, base, body in _CLASS.findall(text)}

    def schema(self, base: str) -> dict[str, Any]:
        """What may be written, and read, in the resource of this file."""
        (body,) = [body for over, body in self._classes.values() if over == base]
        (synthesis,) = _SYNTHESIS.findall(body)
        return self._body(body, synthesis)

    def _body(self, described: str, synthesis: str) -> dict[str, Any]:
        parts = {part[3]: part for part in _PART.finditer(described)}
        attributes: dict[str, Any] = {
            name: {"computed": True, "type": _READ_AS.get(getter, getter[0].lower() + getter[1:])}
            for getter, name in _GETTER.findall(described)
        }
        attributes.update({name: {"computed": True} for name in parts})
        blocks: dict[str, Any] = {}
        for name, value, is_block, _, stored in _ATTRIBUTE.findall(synthesis):
            field = _FIELD.findall(value)[-1]
            required = f"reset{field[0].upper()}{field[1:]}()" not in described
            demand = {"required": True} if required else {"optional": True}
            if f"// {name} - computed: true" in described:
                demand["computed"] = True
            if is_block == "true":
                attributes.pop(name)
                blocks[name] = {**self._part(parts.pop(name)), "required": required}
            elif name in parts:
                attributes[name] = demand
            else:
                attributes[name] = {**demand, "type": stored}
            if name.endswith("_wo"):
                attributes[name]["write_only"] = True
        for name, part in parts.items():
            attributes[name]["nested"] = self._part(part)
        return {"attributes": attributes, "blocks": blocks}

    def _part(self, part: "re.Match[str]") -> dict[str, Any]:
        struct, kind, _, is_set = part.groups()
        _, described = self._classes[f"{struct}OutputReference"]
        function = struct[0].lower() + struct[1:]
        single = (
            kind == "OutputReference"
            and "super(terraformResource, terraformAttribute);" in described
        )
        nesting = (
            "set"
            if is_set == "true"
            else "map"
            if kind == "Map"
            else "single"
            if single
            else "list"
        )
        entry: dict[str, Any] = {"nesting": nesting}
        if kind == "OutputReference":
            entry["max"] = 1
        return {**entry, **self._body(described, self._structs.get(function, ""))}


def used(modules: list[Module]) -> Kinds:
    """The types that the modules have, by kind."""
    found: Kinds = {kind: set() for kind in KINDS}
    for module in modules:
        for block in module.blocks:
            if block.kind in found and block.labels[0] != "terraform_data":
                found[block.kind].add(block.labels[0])
    return found


def folder_of(kind: str, name: str) -> str:
    """Where a package keeps a type: `aws_db_instance` is `db-instance`."""
    provider, _, rest = name.partition("_")
    prefix = {"resource": "", "data": f"data-{provider}-", "ephemeral": f"ephemeral-{provider}-"}[
        kind
    ]
    return f"{prefix}{rest.replace('_', '-')}"


def main() -> None:
    FOLDER.mkdir(exist_ok=True)
    kinds = used([read_module(DEPLOY / part) for part in PARTS])
    for provider, package in PACKAGES.items():
        with tempfile.TemporaryDirectory() as here:
            subprocess.run(["npm", "pack", "--silent", package], cwd=here, check=True)
            (archive,) = Path(here).glob("*.tgz")
            subprocess.run(["tar", "xzf", archive.name], cwd=here, check=True)
            unpacked = Path(here, "package")
            about = json.loads((unpacked / "package.json").read_text("utf-8"))
            version = (about.get("cdktf") or about["cdktn"])["provider"]["version"]
            snapshot: dict[str, Any] = {"source": f"hashicorp/{provider}", "version": version}
            for kind, base in KINDS.items():
                snapshot[kind] = {
                    name: Source(
                        (unpacked / "lib" / folder_of(kind, name) / "index.js").read_text("utf-8")
                    ).schema(base)
                    for name in sorted(kinds[kind])
                    if name.startswith(f"{provider}_")
                }
        text = json.dumps(snapshot, separators=(",", ":"), sort_keys=True)
        (FOLDER / f"{provider}.json").write_text(text + "\n", "utf-8")
        sys.stdout.write(f"{provider} {version}\n")


if __name__ == "__main__":
    main()
