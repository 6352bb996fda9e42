"""Stand-ins for Terraform's providers: they know the schemas of the snapshot, and make nothing.

What a provider computes is unknown in a plan, and made up in what is only read.
"""

import importlib
import json
import os
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

grpc: Any = importlib.import_module("grpc")
msgpack: Any = importlib.import_module("msgpack")

SNAPSHOTS = Path(__file__).parents[2] / "data" / "providers"
NESTING = {"single": 1, "list": 2, "set": 3, "map": 4}
TYPES = {
    "string": "string",
    "number": "number",
    "boolean": "bool",
    "stringList": ["list", "string"],
    "numberList": ["list", "number"],
    "stringMap": ["map", "string"],
    "booleanMap": ["map", "bool"],
}
MADE_UP = {"string": "made-up", "number": 1, "boolean": False}
UNKNOWN: Any = msgpack.ExtType(0, b"\0")
OF_PROVIDER = {"aws": ["region"], "google": ["project", "region"], "random": []}
"""What the examples say to a provider itself; the snapshot holds resources only."""

Value = dict[str, Any]


class Provider:
    """One provider, as its answers to what Terraform asks."""

    def __init__(self, name: str, messages: Any) -> None:
        self.name, self._messages = name, messages
        self._known: Value = json.loads((SNAPSHOTS / f"{name}.json").read_text("utf-8"))

    def answers(self) -> dict[str, Any]:
        """A handler for each question."""
        m = self._messages
        asked: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {
            "GetProviderSchema": (m.Nothing, self.schemas),
            "PlanResourceChange": (m.Change, self.plan),
            "ReadDataSource": (m.Config, self.read),
            "OpenEphemeralResource": (m.Config, self.open),
        }
        content = ("Provider", "Resource", "DataResource", "EphemeralResource")
        agreed = [f"Validate{each}Config" for each in content]
        for name in (*agreed, "ConfigureProvider", "CloseEphemeralResource", "StopProvider"):
            asked[name] = (m.Nothing, self.agree)
        return {
            name: grpc.unary_unary_rpc_method_handler(answer, request.FromString, _written)
            for name, (request, answer) in asked.items()
        }

    def agree(self, *_: Any) -> Any:
        return self._messages.Nothing()

    def schemas(self, *_: Any) -> Any:
        every = self._messages.Schemas()
        block = every.provider.block
        block.SetInParent()  # it is there, also when nothing is in it
        for name in OF_PROVIDER[self.name]:
            block.attributes.add(name=name, type=b'"string"', optional=True)
        if self.name == "aws":
            tags = block.block_types.add(type_name="default_tags", nesting=2, max_items=1).block
            tags.attributes.add(name="tags", type=b'["map","string"]', optional=True)
        for kind, into in {
            "resource": every.resource_schemas,
            "data": every.data_source_schemas,
            "ephemeral": every.ephemeral_resource_schemas,
        }.items():
            for name, known in self._known[kind].items():
                _describe(known, into[name].block)
        return every

    def plan(self, request: Any, _: Any) -> Any:
        wanted: Value = msgpack.unpackb(request.proposed_new_state.msgpack)
        known = self._known["resource"][request.type_name]
        return self._messages.State(state=self._value(_computed(wanted, known, _unknown)))

    def read(self, request: Any, _: Any) -> Any:
        asked: Value = msgpack.unpackb(request.config.msgpack)
        known = self._known["data"][request.type_name]
        return self._messages.State(state=self._value(_computed(asked, known, _made_up)))

    def open(self, request: Any, _: Any) -> Any:
        asked: Value = msgpack.unpackb(request.config.msgpack)
        known = self._known["ephemeral"][request.type_name]
        return self._messages.Opened(result=self._value(_computed(asked, known, _made_up)))

    def _value(self, value: Value) -> Any:
        return self._messages.DynamicValue(msgpack=msgpack.packb(value))


def _written(reply: Any) -> bytes:
    return reply.SerializeToString()


def _describe(known: Value, into: Any) -> None:
    for name, about in known["attributes"].items():
        demands = ("required", "optional", "computed", "write_only")
        given = {each: True for each in demands if about.get(each)}
        into.attributes.add(name=name, type=json.dumps(_type(about)).encode(), **given)
    for name, about in known["blocks"].items():
        nesting = "single" if name == "timeouts" else about["nesting"]
        counted = nesting in ("list", "set")
        nested = into.block_types.add(
            type_name=name,
            nesting=NESTING[nesting],
            min_items=int(counted and about["required"]),
            max_items=about.get("max", 0) if counted else 0,
        )
        _describe(about, nested.block)


def _type(about: Value) -> Any:
    if "nested" not in about:
        return TYPES.get(about.get("type", ""), "dynamic")
    inside = about["nested"]
    shape = ["object", {name: _type(each) for name, each in inside["attributes"].items()}]
    return shape if inside["nesting"] == "single" else [inside["nesting"], shape]


def _unknown(_: Value) -> Any:
    return UNKNOWN


def _made_up(about: Value) -> Any:
    return MADE_UP.get(about.get("type", ""))


def _computed(value: Value, known: Value, what: Callable[[Value], Any]) -> Value:
    """The value, with what the provider computes where nothing was said."""
    for name, about in known["attributes"].items():
        if about.get("write_only"):
            value[name] = None
        elif about.get("computed") and value.get(name) is None:
            value[name] = what(about)
    for name, about in known["blocks"].items():
        inside: Any = value.get(name)
        for each in cast(list[Any], inside) if isinstance(inside, list) else [inside]:
            if isinstance(each, dict):
                _computed(cast(Value, each), about, what)
    return value


@contextmanager
def serving(folder: Path) -> Generator[str]:
    """All stand-ins at sockets in the folder; what TF_REATTACH_PROVIDERS has to be."""
    sys.path.append(str(Path(__file__).parent))  # where the protocol is looked for
    messages: Any = grpc.protos("provider.proto")
    servers: list[Any] = []
    attached: dict[str, Any] = {}
    for name in OF_PROVIDER:
        server = grpc.server(ThreadPoolExecutor(4))
        answers = Provider(name, messages).answers()
        named = grpc.method_handlers_generic_handler("tfplugin6.Provider", answers)
        server.add_generic_rpc_handlers((named,))
        socket = str(folder / f"{name}.sock")
        server.add_insecure_port(f"unix://{socket}")
        server.start()
        servers.append(server)
        attached[f"registry.terraform.io/hashicorp/{name}"] = {
            "Protocol": "grpc",
            "ProtocolVersion": 6,
            "Pid": os.getpid(),
            "Test": True,
            "Addr": {"Network": "unix", "String": socket},
        }
    try:
        yield json.dumps(attached)
    finally:
        for server in servers:
            server.stop(None)
