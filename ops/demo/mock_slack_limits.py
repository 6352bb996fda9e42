"""What Slack refuses a message for, in its words: the limits that one of ours could meet."""

import json
from collections.abc import Iterable
from typing import Any, cast
from urllib.parse import parse_qs

Json = dict[str, Any]

MOST_BLOCKS = 50
LONGEST_HEADER = 150
LONGEST_FIELD = 2000
LONGEST_TEXT = 3000
LONGEST_MESSAGE = 40_000
MOST_FIELDS = 10
LONGEST_METADATA = 8000
MOST_BUTTONS = 25
LONGEST_LABEL = 75
LONGEST_ID = 255
LONGEST_VALUE = 2000
LONGEST_URL = 3000


def parse(body: bytes, content_type: str) -> Json | None:
    """The payload, sent as JSON or as the form field `payload`; None when it is neither."""
    try:
        text = body.decode()
        if content_type.startswith("application/x-www-form-urlencoded"):
            text = parse_qs(text).get("payload", [""])[0]
        payload: object = json.loads(text)
    except ValueError:
        return None
    return cast("Json", payload) if isinstance(payload, dict) else None


def fault(payload: Json) -> str | None:
    """What Slack would refuse this for, in its words; None: nothing."""
    text, blocks = payload.get("text"), payload.get("blocks")
    if not text and not blocks and not payload.get("attachments"):
        return "no_text"
    if text is not None and not isinstance(text, str):
        return "invalid_payload"
    if text and len(text) > LONGEST_MESSAGE:
        return "msg_too_long"
    try:
        if blocks and not _all_fit(blocks):
            return "invalid_blocks"
    except (AttributeError, KeyError, TypeError):
        return "invalid_blocks"
    metadata = payload.get("metadata")
    if metadata is not None and not (
        isinstance(metadata, dict)
        and set(cast("Json", metadata)) == {"event_type", "event_payload"}
    ):
        return "invalid_metadata_format"
    if len(json.dumps(metadata)) > LONGEST_METADATA:
        return "metadata_too_large"
    return None


def _all_fit(blocks: list[Json]) -> bool:
    buttons = [one["action_id"] for block in blocks for one in elements(block)]
    return (
        len(blocks) <= MOST_BLOCKS
        and all(map(_fits, blocks))
        and len(buttons) == len(set(buttons))  # or nobody could tell which was pressed
    )


def elements(block: Json) -> Iterable[Json]:
    """The buttons of a block."""
    return block["elements"] if block["type"] == "actions" else ()


def _fits(block: Json) -> bool:
    match block["type"]:
        case "header":
            text = block["text"]
            return text["type"] == "plain_text" and 0 < len(text["text"]) <= LONGEST_HEADER
        case "section":
            fields: list[Json] = block.get("fields") or []
            return (
                ("text" in block or bool(fields))
                and ("text" not in block or 0 < len(block["text"]["text"]) <= LONGEST_TEXT)
                and len(fields) <= MOST_FIELDS
                and all(0 < len(field["text"]) <= LONGEST_FIELD for field in fields)
            )
        case "context":
            inside = block["elements"]
            return 0 < len(inside) <= MOST_FIELDS and all(
                len(element.get("text", "")) <= LONGEST_TEXT for element in inside
            )
        case "actions":
            return 0 < len(block["elements"]) <= MOST_BUTTONS and all(
                map(_is_a_button, block["elements"])
            )
        case "divider" | "image" | "rich_text" | "markdown":
            return True
        case _:
            return False


def _is_a_button(element: Json) -> bool:
    text = element["text"]
    return (
        element["type"] == "button"
        and text["type"] == "plain_text"
        and 0 < len(text["text"]) <= LONGEST_LABEL
        and 0 < len(element["action_id"]) <= LONGEST_ID
        and len(element.get("value", "")) <= LONGEST_VALUE
        and len(element.get("url", "")) <= LONGEST_URL
        and element.get("style") in (None, "primary", "danger")
    )


def dedup_keys(payload: Json) -> list[str]:
    """The keys of the alerts in a message; of a very large one, those that its metadata held."""
    metadata: Json = payload.get("metadata") or {}
    about: Json = metadata.get("event_payload") or {}
    try:
        alerts: list[Json] = about.get("alerts") or [about]
        return [str(alert["dedup_key"]) for alert in alerts if "dedup_key" in alert]
    except (AttributeError, TypeError):  # somebody else's message
        return []
