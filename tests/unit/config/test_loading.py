"""What a good file becomes: plans, calendars, ladders, clocks, statuses, routes."""

from datetime import date, datetime
from fractions import Fraction
from hashlib import sha256
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from config import reading
from config.hours import RegionalHolidays
from config.loading import Channel, ConfigError, Loaded, load
from engine.notify.channel_types import CHANNEL_TYPES
from engine.notify.slack import SlackOptions
from engine.notify.webhook import WebhookOptions
from engine.sla.budget import Budget
from engine.sla.calendar import ALWAYS, Calendar
from engine.sla.conditions import Match
from engine.sla.matching import condition
from engine.sla.policy import ClockRules, Plan, Policy, Rung
from engine.sla.routes import Route
from engine.sla.statuses import BUILT_IN_STATUSES
from tests.support.conformance import instant

GOOD = Path(__file__).parent / "data" / "good"
MINUTE = 60_000_000
HOUR = 60 * MINUTE
JANUARY_2026 = instant("2026-01-01T00:00:00Z")


def good(name: str, *, warning: float = 0.15, critical: float = 0.05) -> Loaded:
    text = reading.read(GOOD / f"{name}.yaml")
    return load(
        text,
        version=3,
        accepted_at=JANUARY_2026,
        warning=warning,
        critical=critical,
        channel_types=CHANNEL_TYPES,
    )


def policy(name: str) -> Policy:
    return good(name).policy


@pytest.mark.parametrize(
    "path", [path for path in GOOD.glob("*.yaml") if path.stem != "doubtful"], ids=lambda p: p.stem
)
def test_a_good_file_holds_without_a_warning(path: Path) -> None:
    assert good(path.stem).warnings == []


def test_what_is_doubtful_is_warned_about_with_its_line() -> None:
    found = [warning.split(": ", 2) for warning in good("doubtful").warnings]
    assert [(place, key) for place, key, _ in found] == [
        ("sla_config.yaml:6", "sla_targets.gold.high.escalation"),
        ("sla_config.yaml:11", "calendars.office.hours.mon-fri"),
        ("sla_config.yaml:13", "calendars.office.shifts.2026-12-31"),
        ("sla_config.yaml:14", "calendars.fair"),
        ("sla_config.yaml:19", "notifications.routes[0]"),
        ("sla_config.yaml:19", "notifications.routes[0].match.customer_tier"),
    ]


def test_a_file_without_a_channel_is_warned_about() -> None:
    text = "sla_targets: {gold: {high: {response: 1h}}}\nnotifications: {channels: {}}\n"
    loaded = load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )
    assert loaded.warnings == [
        "sla_config.yaml:2: notifications.channels: there is no channel: nobody is told of alerts"
    ]


def test_a_channel_that_no_route_leads_to_is_warned_about() -> None:
    text = (
        "sla_targets: {gold: {high: {response: 1h}}}\n"
        "notifications:\n"
        "  routes: [{match: {}, to: [chat]}]\n"
        "  channels:\n"
        "    chat: {type: slack, url_env: CHAT_URL}\n"
        "    ops: {type: webhook, url_env: OPS_URL}\n"
    )
    loaded = load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )
    assert loaded.warnings == [
        "sla_config.yaml:6: notifications.channels.ops: no route leads there: nothing is sent to it"
    ]
    assert [channel.wanted for channel in loaded.channels] == [True, False]


def test_default_levels_that_fall_are_warned_about() -> None:
    text = (
        "sla_targets: {gold: {high: {response: 1h}}}\n"
        "escalation:\n"
        "  default: {warning: 2, critical: 1, breached: 3}\n"
    )
    [warning] = load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    ).warnings
    assert warning.startswith("sla_config.yaml:3: escalation.default: a worse alert has a lower")


def test_without_routes_at_all_the_missing_last_one_is_warned_about() -> None:
    text = "sla_targets: {gold: {high: {response: 1h}}}\nnotifications: {routes: []}\n"
    loaded = load(
        text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
    )
    assert loaded.policy.routes == ()
    assert loaded.warnings[0].startswith("sla_config.yaml:2: notifications.routes: the last")


def test_a_loaded_file_keeps_its_text_version_and_hash() -> None:
    loaded = good("first_three_blocks")
    assert loaded.content == (GOOD / "first_three_blocks.yaml").read_text("utf-8")
    assert loaded.sha256 == sha256(loaded.content.encode()).hexdigest()
    assert (loaded.policy.version, loaded.policy.accepted_at) == (3, JANUARY_2026)
    assert loaded.numbered(7).policy.version == 7


def test_the_first_three_blocks_are_a_complete_file() -> None:
    loaded = good("first_three_blocks")
    assert loaded.channels == (
        Channel(
            "slack",
            "slack",
            SlackOptions.model_validate({"url_env": "SLACK_WEBHOOK_URL"}),
            wanted=False,
        ),
    )
    assert loaded.group_wait_seconds == 0
    plan = loaded.policy.plan("enterprise", "p0")
    assert plan.targets == {
        "response": Budget("time", 15 * MINUTE),
        "resolution": Budget("time", 60 * MINUTE),
    }
    assert plan.ladder == (
        Rung(1, "elapsed", Fraction(10 * MINUTE)),
        Rung(2, "elapsed", Fraction(20 * MINUTE)),
    )
    assert loaded.policy.level_name(1) == "Team lead notified"
    assert loaded.policy.level_name(9) == "9"


@pytest.mark.parametrize("name", ["targets_alone", "empty_blocks"])
def test_blocks_that_are_left_out_or_empty_keep_their_defaults(name: str) -> None:
    rules = policy(name)
    assert (rules.warning, rules.critical) == (15, 5)
    assert rules.statuses == BUILT_IN_STATUSES
    assert rules.default_phase is None
    assert rules.default_levels == {"warning": 1, "critical": 2, "breached": 3}
    assert (rules.ack_timeout, rules.notify_within) == (HOUR, HOUR)
    assert rules.apply_to == "open_tickets"
    assert rules.routes == (Route(("slack",)),)
    assert list(rules.clocks.values()) == [
        ClockRules("response", "response"),
        ClockRules("resolution", "resolution", frozenset(("paused",))),
        ClockRules("next_response", "next_response"),
        ClockRules("update", "update", frozenset(("paused",))),
    ]
    [plan] = rules.plans.values()
    assert plan.ladder is None
    assert set(plan.calendars) == set(rules.clocks)
    assert all(calendar is ALWAYS for calendar in plan.calendars.values())


def test_tiers_and_priorities_are_found_in_any_case() -> None:
    rules = policy("everything")
    plan = rules.plan("Enterprise", "P2")
    assert (plan.tier, plan.priority) == ("enterprise", "p2")
    other = rules.plan("ENTERPRISE", "p9")
    assert (other.tier, other.priority, other.targets) == ("enterprise", "", {})
    assert rules.plan("unknown", "p1") is rules.fallback


def test_levels_may_be_minutes_shares_and_minutes_from_the_deadline() -> None:
    assert policy("ladders").plan("gold", "mixed").ladder == (
        Rung(1, "elapsed", Fraction(0)),
        Rung(2, "percent", Fraction("12.5")),
        Rung(3, "elapsed", Fraction(300 * MINUTE)),
        Rung(4, "from_deadline", Fraction(-60 * MINUTE)),
        Rung(5, "from_deadline", Fraction(30 * MINUTE)),
        Rung(10, "percent", Fraction(150)),
    )


def test_an_empty_ladder_has_no_levels_and_no_ladder_is_the_default_one() -> None:
    rules = policy("ladders")
    assert rules.plan("gold", "none").ladder == ()
    assert rules.plan("gold", "usual").ladder is None


def names(plan: Plan) -> tuple[str, str]:
    return plan.calendars["response"].name, plan.calendars["resolution"].name


def test_the_clocks_calendar_beats_the_prioritys_the_tiers_and_the_default() -> None:
    rules = policy("calendars")
    assert names(rules.plan("gold", "high")) == ("24x7", "gulf")
    assert names(rules.plan("gold", "low")) == ("24x7", "office")
    assert names(rules.plan("gold", "unknown")) == ("24x7", "office")
    assert names(rules.plan("silver", "high")) == ("24x7", "weekend")
    assert names(rules.plan("unknown", "high")) == ("24x7", "weekend")


def test_calendars_have_ranges_breaks_holidays_and_shifts() -> None:
    rules = policy("calendars")
    office = rules.plan("gold", "low").calendars["resolution"]
    halves = ((540, 750), (810, 1080))
    assert office.weekly == {0: halves, 1: halves, 2: halves, 3: halves, 4: ((540, 960),)}
    assert office.shifts == {date(2026, 12, 31): ((540, 720),), date(2027, 1, 1): ((600, 660),)}
    extra = frozenset((date(2026, 12, 23), date(2026, 12, 24)))
    assert office.holidays == RegionalHolidays("DE", "BE", extra)
    gulf = rules.plan("gold", "high").calendars["resolution"]
    assert sorted(gulf.weekly) == [0, 1, 2, 3, 6]
    weekend = rules.fallback.calendars["resolution"]
    assert sorted(weekend.weekly) == [0, 4, 5, 6]


def test_the_holidays_of_a_region_are_closed() -> None:
    office = policy("calendars").plan("gold", "low").calendars["resolution"]

    def is_open(local: str) -> bool:
        aware = datetime.fromisoformat(local).replace(tzinfo=ZoneInfo("Europe/Berlin"))
        return office.is_open(instant(aware.isoformat()))

    assert not is_open("2027-03-08T10:00"), "Women's Day is a holiday in Berlin"
    assert is_open("2027-03-09T10:00")
    assert not is_open("2026-12-24T10:00"), "a date of the file's own"
    assert not is_open("2026-12-25T10:00")
    assert is_open("2027-01-01T10:30"), "a shift replaces a holiday's hours"


def test_calendars_of_two_readings_of_one_file_are_equal() -> None:
    def office() -> Calendar:
        return policy("calendars").plan("gold", "low").calendars["resolution"]

    assert office() == office()


def test_one_block_of_targets_may_take_over_another() -> None:
    rules = policy("merged")
    assert rules.plan("silver", "high").targets == rules.plan("gold", "high").targets
    low = rules.plan("gold", "low").targets
    assert low == {"response": Budget("time", HOUR), "resolution": Budget("time", 8 * HOUR)}
    assert rules.plan("gold", "none").targets["response"] == Budget("time", 2 * HOUR)


def test_names_stay_as_they_are_written() -> None:
    assert list(policy("norway").plans) == [
        ("no", "on"),
        ("no", "0x10"),
        ("no", "1e3"),
        ("no", "2026-01-01"),
    ]


def test_clocks_keep_the_defaults_of_the_keys_that_are_left_out() -> None:
    assert list(policy("clocks").clocks.values()) == [
        ClockRules("response", "response", frozenset(("paused", "done")), answered_by="reply"),
        ClockRules(
            "resolution",
            "resolution",
            frozenset(("paused",)),
            on_change="restart",
            reopen="new_cycle",
        ),
        ClockRules("next_response", "next_response", after="creation"),
        ClockRules("update", "update", on_change="recompute"),
        ClockRules("approval", "resolution", frozenset(("paused",)), reopen="new_cycle"),
        ClockRules("approval_minutes_left", "response", frozenset(("paused",))),
    ]


def test_clocks_of_ones_own_have_targets_too() -> None:
    targets = policy("clocks").plan("gold", "high").targets
    assert targets["approval"] == Budget("time", 4 * HOUR)
    assert targets["approval_minutes_left"] == Budget("time", 5 * HOUR)


def test_statuses_extend_and_override_the_built_in_ones() -> None:
    rules = policy("clocks")
    assert rules.phase("waiting-on-vendor") == "paused"
    assert rules.phase("In Progress") == "waiting"
    assert rules.phase("closed") == "done"
    assert rules.phase("never heard of") == "active"
    assert rules.default_phase == "active"


def test_a_file_goes_on_extending_the_statuses_that_were_built_in_when_it_was_accepted() -> None:
    text = "sla_targets: {gold: {high: {resolution: 1h}}}\nstatuses: {fixed: active}\n"

    def loaded(built_in: int) -> Loaded:
        return load(
            text,
            version=1,
            accepted_at=0,
            warning=0.15,
            critical=0.05,
            channel_types=CHANNEL_TYPES,
            built_in=built_in,
        )

    before, now = (
        loaded(1),
        load(
            text, version=1, accepted_at=0, warning=0.15, critical=0.05, channel_types=CHANNEL_TYPES
        ),
    )

    assert (before.built_in, now.built_in) == (1, 2)
    assert (before.policy.phase("solved"), now.policy.phase("solved")) == (None, "done")
    assert (before.policy.phase("fixed"), now.policy.phase("fixed")) == ("active", "active")
    assert before.policy.phase("awaiting vendor") == "paused"
    with pytest.raises(ConfigError, match="statuses that only a later release"):
        loaded(3)


def test_percentages_of_the_file_win_over_those_of_the_environment() -> None:
    rules = good("clocks", warning=0.3, critical=0.1).policy
    assert (rules.warning, rules.critical) == (Fraction("12.5"), 10)


def test_a_policy_may_apply_to_new_tickets_only() -> None:
    rules = policy("clocks")
    assert rules.apply_to == "new_tickets"
    assert rules.default_levels == {"warning": 1, "critical": 2, "breached": 7}
    assert rules.ack_timeout == 0


def test_routes_are_matched_without_case_and_lead_to_channels() -> None:
    loaded = good("notifications")
    assert loaded.policy.routes == (
        Route(
            ("ops", "chat"),
            Match(
                (
                    condition("severity", "Breached"),
                    condition("customer_tier", ("GOLD",)),
                    condition("priority", "high"),
                    condition("clock", "resolution"),
                    condition("type", ("alert", "escalation")),
                )
            ),
        ),
        Route(("chat",)),
    )
    assert loaded.channels == (
        Channel(
            "chat",
            "slack",
            SlackOptions.model_validate({"url_env": "CHAT_URL", "mention": "<!here>"}),
        ),
        Channel("ops", "webhook", WebhookOptions(url_env="OPS_URL", secret_env="OPS_SECRET")),
    )
    assert loaded.policy.notify_within == 30 * MINUTE
    assert loaded.group_wait_seconds == 5


def test_without_routes_everything_goes_to_every_channel() -> None:
    assert policy("channels_without_routes").routes == (Route(("chat", "ops")),)


def test_windows_line_ends_and_a_byte_order_mark_make_no_difference(tmp_path: Path) -> None:
    text = (GOOD / "first_three_blocks.yaml").read_text("utf-8")
    windows = tmp_path / "sla_config.yaml"
    windows.write_bytes(b"\xef\xbb\xbf" + text.replace("\n", "\r\n").encode())
    loaded = load(
        reading.read(windows),
        version=1,
        accepted_at=0,
        warning=0.15,
        critical=0.05,
        channel_types=CHANNEL_TYPES,
    )
    assert loaded.policy.plan("STANDARD", "P1").targets["response"] == Budget("time", 4 * HOUR)


def test_a_file_that_cannot_be_read_says_why(tmp_path: Path) -> None:
    path = tmp_path / "sla_config.yaml"
    with pytest.raises(ConfigError, match=r"^sla_config.yaml: cannot be read: no such file"):
        reading.read(path)
    path.write_bytes(b"sla_targets:\n  caf\xe9: {}\n")
    with pytest.raises(ConfigError, match=r"^sla_config.yaml:2: is no UTF-8 text"):
        reading.read(path)
    path.write_bytes(b"#" * 1_000_001)
    with pytest.raises(ConfigError, match="has 1,000,001 bytes"):
        reading.read(path)
