"""What changed between two configurations, in lines."""

from pathlib import Path

from config import diff, reading
from config.loading import Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES

GOOD = Path(__file__).parent / "data" / "good"


def loaded(text: str) -> Loaded:
    return load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )


def everything(*replacements: tuple[str, str]) -> Loaded:
    text = reading.read(GOOD / "everything.yaml")
    for old, new in replacements:
        assert old in text
        text = text.replace(old, new)
    return loaded(text)


def test_equal_policies_do_not_differ() -> None:
    assert diff.lines(everything(), everything()) == []


def test_targets_that_change_come_and_go_are_named() -> None:
    old = loaded("sla_targets: {gold: {high: {response: 90m, update: 2bd, resolution: 45s}}}")
    new = loaded("sla_targets: {gold: {high: {response_minutes: 120, next_response: 2bd-end}}}")
    assert diff.lines(old, new) == [
        "~ GOLD HIGH response: 90m -> 2h",
        "- GOLD HIGH update: 2bd",
        "- GOLD HIGH resolution: 45s",
        "+ GOLD HIGH next_response: 2bd-end",
    ]


def test_a_cut_off_that_comes_moves_and_goes_is_named_by_the_target_that_it_bears_on() -> None:
    plain = loaded("sla_targets: {gold: {high: {response: 1h, resolution: 1bd}}}")
    at_four = loaded(
        "sla_targets: {gold: {cutoff: '16:00', high: {response: 1h, resolution: 1bd}}}"
    )
    at_three = loaded(
        "sla_targets: {gold: {high: {response: 1h, resolution: 1bd@17:00, cutoff: '15:00'}}}"
    )
    assert diff.lines(plain, at_four) == ["+ GOLD HIGH cut-off of resolution: 16:00"]
    assert diff.lines(at_four, at_three) == [
        "~ GOLD HIGH resolution: 1bd -> 1bd@17:00",
        "~ GOLD HIGH cut-off of resolution: 16:00 -> 15:00",
    ]
    assert diff.lines(at_four, plain) == ["- GOLD HIGH cut-off of resolution: 16:00"]


def test_where_own_dates_are_ignored_is_named() -> None:
    taken = loaded("sla_targets: {gold: {high: {response: 1h}, low: {response: 2h}}}")
    ignored = loaded(
        "sla_targets: {gold: {high: {response: 1h, own_dates: ignored}, low: {response: 2h}}}"
    )
    assert diff.lines(taken, ignored) == ["+ GOLD HIGH own dates: ignored"]
    assert diff.lines(ignored, taken) == ["- GOLD HIGH own dates: ignored"]


def test_a_change_of_a_calendar_is_named_by_its_day() -> None:
    new = everything(
        ('fri: ["09:00-16:00"]', 'fri: ["09:00-15:00"]'),
        ('dates: ["2026-12-24"]', 'dates: ["2026-12-23"]'),
        ("subdivision: BE", "subdivision: BY"),
        ('"2026-12-31": ["09:00-12:00"]', '"2026-12-30": []'),
        ("Europe/Berlin", "Europe/Vienna"),
    )
    assert diff.lines(everything(), new) == [
        "~ calendar business timezone: Europe/Berlin -> Europe/Vienna",
        "~ calendar business fri: 09:00-16:00 -> 09:00-15:00",
        "- calendar business 2026-12-31: 09:00-12:00",
        "~ calendar business holidays of: DE-BE -> DE-BY",
        "- calendar business 2026-12-24 holiday: closed",
        "+ calendar business 2026-12-30: closed",
        "+ calendar business 2026-12-23 holiday: closed",
    ]


def test_a_limit_of_pauses_is_named() -> None:
    old = loaded("sla_targets: {gold: {high: {response: 90m}}}")
    new = loaded(
        "sla_targets: {gold: {high: {response: 90m}}}\n"
        "clocks: {update: {pauses_at_most: 56h}, resolution: {pauses_at_most: 0}}\n"
    )
    assert diff.lines(old, new) == [
        "~ clock resolution pauses at most: without limit -> 0h",
        "~ clock update pauses at most: without limit -> 56h",
    ]


def test_which_calendar_counts_is_named_by_clock_only_where_they_differ() -> None:
    new = everything(
        ("default_calendar: 24x7", "default_calendar: business"),
        ("answered_by: reply_or_status", "answered_by: reply, calendar: 24x7"),
    )
    found = diff.lines(everything(), new)
    assert "- other tiers calendar of every clock: 24x7" in found
    assert "+ other tiers calendar of response: 24x7" in found
    assert "+ other tiers calendar of resolution: business" in found
    assert "~ clock response answered by: reply_or_status -> reply" in found


def test_ladders_thresholds_statuses_and_routes_are_named() -> None:
    new = everything(
        ("LEVEL_1: 50%", "LEVEL_1: 60%"),
        ("LEVEL_1: 10,", "LEVEL_1: 5,"),
        ("warning: 15", "warning: 20"),
        ("triage: waiting", "triage: active"),
        ("default: null", "default: paused"),
        ('1: "Team lead notified"', '1: "Team told"'),
        ("breached: 3", "breached: 4"),
        ("ack_timeout_minutes: 60", "ack_timeout_minutes: 30"),
        ("to: [slack]", "to: [webhook-ops]"),
        ("apply_to: open_tickets", "apply_to: new_tickets"),
    )
    assert diff.lines(everything(), new) == [
        "~ ENTERPRISE P0 escalation: 1 at 10 min, 2 at 20 min, 3 at 30 min, 4 at 45 min -> "
        "1 at 5 min, 2 at 20 min, 3 at 30 min, 4 at 45 min",
        "~ ENTERPRISE P2 escalation: 1 at 50%, 2 at due-60, 3 at due+30 -> "
        "1 at 60%, 2 at due-60, 3 at due+30",
        "~ thresholds: 15% and 5% -> 20% and 5%",
        "~ status triage: waiting -> active",
        "~ other statuses: refused -> paused",
        "~ level of breached: 3 -> 4",
        "~ name of level 1: Team lead notified -> Team told",
        "~ acknowledgement lasts: 60 min -> 30 min",
        "~ route 2: everything to slack -> everything to webhook-ops",
        "~ applies to: open tickets -> new tickets",
    ]


def test_a_status_that_is_gone_is_named_with_those_who_still_have_it() -> None:
    new = everything(("triage: waiting", "# triage"))
    assert diff.lines(everything(), new) == [
        "- status triage: waiting",
        "! status triage: open tickets that have it stay waiting; whoever names it from now on is"
        " refused",
    ]


def test_a_channel_is_told_by_the_keys_that_the_file_has() -> None:
    before = "sla_targets: {gold: {}}\nnotifications: {channels: {log: {type: log}}}"
    mail = "type: email, host: smtp, from: a@example.com, to: [b@example.com, c@example.com]"
    after = before.replace("}}}", f"}}, mail: {{{mail}}}}}}}")
    assert diff.lines(loaded(before), loaded(after))[-1] == (
        "+ channel mail: email, host smtp, from a@example.com, to b@example.com and c@example.com"
    )


def test_a_channel_that_is_gone_is_named_with_those_who_still_write_to_it() -> None:
    new = everything(
        ("[slack-urgent, webhook-ops]", "[slack-urgent]"),
        ("    webhook-ops: {type: webhook", "    #"),
        ('mention: "<!here>"', 'mention: "<!channel>"'),
        ("group_wait_seconds: 5", "group_wait_seconds: 9"),
    )
    assert diff.lines(everything(), new) == [
        "~ route 1: severity breached, customer_tier enterprise to slack-urgent, webhook-ops -> "
        "severity breached, customer_tier enterprise to slack-urgent",
        "~ channel slack-urgent: slack, url_env SLACK_URGENT_WEBHOOK_URL, mention <!here> -> "
        "slack, url_env SLACK_URGENT_WEBHOOK_URL, mention <!channel>",
        "- channel webhook-ops: webhook, url_env OPS_WEBHOOK_URL, secret_env OPS_WEBHOOK_SECRET",
        "~ grouped for: 5 s -> 9 s",
        "! channel webhook-ops is still told what tickets under an older version send there,"
        " and what is withdrawn, as long as OPS_WEBHOOK_URL and OPS_WEBHOOK_SECRET are set",
    ]
