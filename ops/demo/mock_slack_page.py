"""How the mock Slack shows its messages: Block Kit, roughly, as HTML."""

import html
import re
from collections.abc import Sequence
from typing import Any

from query_side.web import guard

Json = dict[str, Any]

KEYS = 12
"""Dedup keys shown of a message."""
PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>Mock Slack</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root {{ color-scheme: light dark; --line: color-mix(in srgb, currentColor 16%, transparent);
  --muted: color-mix(in srgb, currentColor 70%, transparent); }}
body {{ font: 15px/1.46 system-ui, sans-serif; margin: 0 auto; max-width: 46rem; padding: 1rem; }}
body > header {{ display: flex; justify-content: space-between; align-items: baseline; }}
h1 {{ font-size: 1.1rem; }} h2 {{ font-size: 1.05rem; margin: .1rem 0 .5rem; }}
.thread {{ padding: .8rem 0; border-top: 1px solid var(--line); }}
article {{ display: flex; gap: .75rem; }}
.replies {{ margin: .6rem 0 0 1.1rem; padding-left: 1rem; border-left: 2px solid var(--line); }}
.replies article {{ padding: .5rem 0; }} .replies h2 {{ font-size: .95rem; }}
.replies .face {{ width: 24px; height: 24px; font-size: .5rem; }}
.told {{ color: #1264a3; font-weight: 600; font-size: .85rem; }}
.face {{ flex: none; width: 36px; height: 36px; border-radius: 6px; background: #4a154b;
  color: #fff; display: grid; place-items: center; font-weight: 700; font-size: .75rem; }}
.body {{ min-width: 0; flex: 1; overflow-wrap: anywhere; }}
.who {{ font-weight: 700; }} .conversation {{ font-weight: 600; color: var(--muted); }}
time, .context, footer, .edited {{ color: var(--muted); font-size: .8rem; }}
.context time, .fields time {{ color: inherit; font-size: inherit; }}
.fields {{ display: grid; grid-template-columns: 1fr 1fr; gap: .4rem 1rem; margin: .4rem 0; }}
.buttons {{ display: flex; flex-wrap: wrap; gap: .5rem; margin: .5rem 0; }}
.buttons button, .buttons a {{ font: inherit; font-weight: 600; font-size: .85rem;
  padding: .3rem .75rem; border: 1px solid var(--line); border-radius: 4px;
  background: transparent; color: inherit;
  text-decoration: none; cursor: pointer; }}
.buttons .primary {{ background: #007a5a; border-color: #007a5a; color: #fff; }}
.whisper {{ background: color-mix(in srgb, currentColor 6%, transparent); border-radius: 4px;
  padding: .4rem .6rem; margin: .4rem 0; font-size: .9rem; }}
.whisper small {{ display: block; color: var(--muted); }}
p {{ margin: .3rem 0; }} code {{ font-size: .85em; }}
.mention {{ background: #f2c74466; border-radius: 3px; padding: 0 2px; }}
</style></head><body>
<header><h1>Mock Slack</h1><span id="count" data-changes="{changes}">{count}</span></header>
<main>{messages}</main>
<script>
setInterval(async () => {{
  try {{
    const page = new DOMParser().parseFromString(await (await fetch(location)).text(), "text/html");
    const [old, count] = [document, page].map(one => one.getElementById("count"));
    if (old.dataset.changes === count.dataset.changes) return;
    old.replaceWith(count);
    document.querySelector("main").replaceWith(page.querySelector("main"));
  }} catch {{ /* the server is away: try again */ }}
}}, 1000);
</script></body></html>
"""
HEADERS = guard.headers(PAGE.format(count="", messages="", changes=""))
"""For every answer with a page: whatever a message says, no script of its own runs."""


def page(messages: Sequence[Json], count: int, changes: int) -> str:
    """The whole page, newest first, replies below what they reply to; it looks for `changes` every
    second."""
    threads: dict[tuple[str | None, str], list[Json]] = {}
    for message in messages:
        first = message.get("thread_ts", message["ts"])
        threads.setdefault((message.get("channel"), first), []).append(message)
    shown = "".join(map(_thread, reversed(threads.values())))
    return PAGE.format(
        count=f"{count} message{'' if count == 1 else 's'}",
        changes=changes,
        messages=shown or "<p>Nothing yet. Messages appear here as they arrive.</p>",
    )


def _thread(messages: Sequence[Json]) -> str:
    first, *replies = messages
    below = ""
    if replies:
        told = f"{len(replies)} {'reply' if len(replies) == 1 else 'replies'}"
        inside = "".join(map(_message, replies))
        below = f'<div class="replies"><span class="told">{told}</span>{inside}</div>'
    return f'<div class="thread">{_message(first)}{below}</div>'


def _message(message: Json) -> str:
    payload: Json = message["payload"]
    blocks: list[Json] = payload.get("blocks") or []
    number = message["number"]
    body = "".join(_block(block, number) for block in blocks)
    keys: list[str] = message["dedup_keys"]
    shown = " ".join(f"<code>{html.escape(key)}</code>" for key in keys[:KEYS])
    if len(keys) > KEYS:
        shown += f" and {len(keys) - KEYS} more"
    at = html.escape(str(message["received_at"]))
    place = (
        "" if "thread_ts" in message else f" <span class=conversation># {_place(message)}</span>"
    )
    head = (
        f'<span class="who">SLA Tracker</span>{place} <time>{at[:19].replace("T", " ")} UTC</time>'
    )
    if payload.get("reply_broadcast"):
        head += ' <span class="edited">also in the conversation</span>'
    if message.get("updated"):
        head += ' <span class="edited">(edited)</span>'
    whispers = "".join(map(_whisper, message.get("whispers", ())))
    return (
        '<article><div class="face">SLA</div><div class="body">'
        f"{head} {body or _paragraph(mrkdwn(payload.get('text') or ''))}"
        f"{whispers}<footer>{shown}</footer></div></article>"
    )


def _place(message: Json) -> str:
    """Of C0ALERTS, `alerts`."""
    channel = str(message.get("channel", "")).removeprefix("C0").lower()
    return html.escape(channel or "incoming webhook")


def _whisper(text: str) -> str:
    return f'<div class="whisper"><small>Only visible to you</small>{mrkdwn(text)}</div>'


def _block(block: Json, number: int) -> str:
    match block.get("type"):
        case "header":
            return f"<h2>{_text(block['text'])}</h2>"
        case "section":
            listed: list[Json] = block.get("fields") or []
            fields = "".join(f"<div>{_text(field)}</div>" for field in listed)
            return (_paragraph(_text(block["text"])) if "text" in block else "") + (
                f'<div class="fields">{fields}</div>' if fields else ""
            )
        case "context":
            return f'<p class="context">{" ".join(map(_text, block["elements"]))}</p>'
        case "actions":
            buttons = "".join(_button(one, number) for one in block["elements"])
            return f'<div class="buttons">{buttons}</div>'
        case "divider":
            return "<hr>"
        case other:
            return _paragraph(f"[{html.escape(str(other))}]")


def _button(button: Json, number: int) -> str:
    label, kind = _text(button["text"]), html.escape(str(button.get("style", "")))
    if address := str(button.get("url", "")):
        sound = address if address.startswith(("http://", "https://")) else "#"
        return (
            f'<a class="{kind}" href="{html.escape(sound)}" rel="noopener noreferrer">{label}</a>'
        )
    return (
        f'<form method="post" action="/press"><input type="hidden" name="number" value="{number}">'
        f'<button class="{kind}" name="action_id" value="{html.escape(str(button["action_id"]))}">'
        f"{label}</button></form>"
    )


def _paragraph(content: str) -> str:
    return f"<p>{content}</p>"


def _text(text: Json) -> str:
    words = str(text.get("text", ""))
    return mrkdwn(words) if text.get("type") == "mrkdwn" else _plain(words)


def _plain(words: str) -> str:
    """Slack decodes its three entities, and only them."""
    decoded = words.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")
    return html.escape(decoded).replace("\n", "<br>")


def mrkdwn(words: str) -> str:
    """Slack's mark-up as HTML: links, mentions, dates (their fallback), bold, italic, code."""
    pieces = re.split(r"<([^<>]*)>", words.replace("\x00", ""))
    done: list[str] = []

    def put_aside(piece: str) -> str:
        done.append(piece)
        return f"\x00{len(done) - 1}\x00"

    text = "".join(
        put_aside(_angle(piece)) if place % 2 else _plain(piece)
        for place, piece in enumerate(pieces)
    )
    text = re.sub(r"`([^`]+)`", lambda m: put_aside(f"<code>{m[1]}</code>"), text)
    for mark, tag in (("*", "b"), ("_", "i"), ("~", "s")):
        sign = re.escape(mark)
        text = re.sub(
            rf"(?<!\w){sign}([^{sign}\s][^{sign}]*?){sign}(?!\w)", rf"<{tag}>\1</{tag}>", text
        )
    return _fill_in(text, done)


def _fill_in(text: str, done: Sequence[str]) -> str:
    while "\x00" in text:
        text = re.sub(r"\x00(\d+)\x00", lambda m: done[int(m[1])], text)
    return text


def _angle(inside: str) -> str:
    target, _, label = inside.partition("|")
    if target.startswith("!date^"):
        return f"<time>{_plain(label)}</time>"
    if target.startswith(("!", "@", "#")):
        name = "@" + target.lstrip("!@#").partition("^")[0]
        return f'<span class="mention">{_plain(label or name)}</span>'
    if target.startswith(("http://", "https://", "mailto:")):
        return f'<a href="{_plain(target)}" rel="noopener noreferrer">{_plain(label or target)}</a>'
    return _plain(label or target)
