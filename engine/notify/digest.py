"""What a message about many tickets says of them all, and where people see just them."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from urllib.parse import urlencode

from engine.notify.news import OF_A_CHANNEL, RAISED, WORST_FIRST, News

COUNTED = 5
"""Teams, and rules, that are named: those with most tickets."""
LONGEST = 500
"""Characters of a link after its question mark: what would be more is not narrowed down."""


def counts(tickets: Sequence[News], safe: Callable[[str, int], str]) -> Iterable[str]:
    """A line for the teams, and one for the rules; none where no ticket has any."""
    for name in ("team", "rule"):
        found = Counter(_of(news, name) for news in tickets)
        without = found.pop("", 0)
        if not found:
            continue
        most = sorted(found.items(), key=lambda one: (-one[1], one[0]))
        said = [f"{safe(value, 60)} {count}" for value, count in most[:COUNTED]]
        if rest := sum(count for _, count in most[COUNTED:]):
            said.append(f"others {rest}")
        if without:
            said.append(f"no {name} {without}")
        yield f"By {name}: {', '.join(said)}"


def board(tickets: Sequence[News], public_url: str) -> str:
    """Where they are on the page, among those that are like them."""
    asked: list[tuple[str, str]] = []
    raised = [news for news in tickets if news.first.kind in RAISED and not news.is_over]
    if len(raised) == len(tickets):
        # What was told of one clock: the ticket may be worse by another by now.
        least = max(news.first.badness for news in tickets)
        if least < len(WORST_FIRST):
            asked.append(("sla_state", ",".join(WORST_FIRST[: least + 1])))
    for name in ("team", "rule"):
        values = {_of(news, name) for news in tickets}
        more = [(name, value) for value in sorted(values)]
        if "" not in values and len(urlencode(asked + more)) <= LONGEST:
            asked += more
    return f"{public_url}/" + (f"?{urlencode(asked, safe=',')}" if asked else "")


def after_silence(tickets: Sequence[News]) -> bool:
    """All of it was kept quiet until now."""
    return all(news.first.told.get("muted") == "silenced" for news in tickets)


def _of(news: News, name: str) -> str:
    if news.first.kind in OF_A_CHANNEL:
        return ""
    return str(news.notice.body.get(name) or "")
