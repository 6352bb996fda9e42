"""What Slack publishes of its messages, as its own library has it: blocks, metadata, arguments."""

import inspect
import json
from collections.abc import Mapping
from typing import Any, cast

from slack_sdk import WebClient
from slack_sdk.models.blocks import Block
from slack_sdk.models.metadata import Metadata

from ops.demo.mock_slack_limits import fault

Json = dict[str, Any]

METHODS: Mapping[str, Any] = {
    method: getattr(WebClient, method.replace(".", "_"))
    for method in ("chat.postMessage", "chat.update")
}


def check(message: Json) -> None:
    """Slack's models and limits find nothing wrong with a message, and know all that is in it."""
    blocks: list[Json] = message["blocks"]
    models = cast("list[Any]", Block.parse_all(blocks))  # pyright: ignore[reportUnknownMemberType] - slack_sdk leaves its dicts untyped
    for model, block in zip(models, blocks, strict=True):
        assert _known(block, model.to_dict()), f"{block}, not {model.to_dict()}"  # raises, too
    if "metadata" in message:
        Metadata(**message["metadata"]).validate_json()
    assert fault(message) is None
    assert 0 < len(message["text"]) <= 3000
    json.dumps(message).encode()


def check_call(method: str, body: Json) -> None:
    """The same of what is sent to a method of the Web API, which has such arguments."""
    arguments = inspect.signature(METHODS[method]).parameters
    assert body.keys() <= arguments.keys()
    needed = {"channel", "ts"} if method == "chat.update" else {"channel"}
    assert needed <= body.keys()
    check(body)


def _known(ours: Any, theirs: Any) -> bool:
    """All that we have written is there."""
    if isinstance(ours, dict):
        given = cast("Json", ours)
        return isinstance(theirs, dict) and all(
            key in theirs and _known(value, theirs[key]) for key, value in given.items()
        )
    if isinstance(ours, list):
        items = cast("list[Any]", ours)
        return len(items) == len(theirs) and all(map(_known, items, theirs))
    return ours == theirs
