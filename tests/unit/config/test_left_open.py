"""Who keeps open what they are told of has to hear of its end."""

import pytest

from tests.unit.config.test_misread import TIERS, warnings

PAGER = "pager: {type: pagerduty, routing_key_env: KEY}"
CHAT = "chat: {type: slack, url_env: CHAT}"
PEOPLE = "people: {anna: {name: Anna, email: anna@example.com}}\n"
ON_CALL = "on_call: {payments: {calendar_env: A, fallback: [anna], tell_by: [pager]}}\n"
STAYS = "what 'pager' is told of stays open there"


@pytest.mark.parametrize(
    ("to", "rest", "told"),
    [
        (
            "pager",
            "tell: raised",
            f"leaves out ended and withdrawn: {STAYS} when the clock is over",
        ),
        (
            "pager",
            "tell: [raised, ended]",
            f"leaves out withdrawn: {STAYS} when the alert is taken",
        ),
        ("chat, 'on-call:payments'", "tell: [raised, withdrawn]", f"leaves out ended: {STAYS}"),
        ("pager", "tell: [raised, ended, withdrawn]", None),
        ("pager", "name: all", None),
        ("chat", "tell: raised", None),
        ("pager", "tell: ended", None),
    ],
)
def test_a_route_that_never_resolves_an_incident_is_warned_of(
    to: str, rest: str, told: str | None
) -> None:
    routes = f"[{{match: {{}}, to: [{to}], {rest}}}]"
    block = f"notifications: {{channels: {{{PAGER}, {CHAT}}}, routes: {routes}}}\n"
    found = [one for one in warnings(f"{TIERS}{PEOPLE}{ON_CALL}{block}") if "routes[0]" in one]
    if told is None:
        assert found == []
    else:
        (one,) = found
        assert one.startswith(f"notifications.routes[0].tell: {told}")
