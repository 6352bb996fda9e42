"""The registry: every type of channel that a configuration may name."""

from collections.abc import Mapping

from engine.notify.apprise import AppriseOptions
from engine.notify.email import EmailOptions
from engine.notify.log import LogOptions
from engine.notify.options import Options
from engine.notify.pagerduty import PagerDutyOptions
from engine.notify.slack import SlackOptions
from engine.notify.teams import TeamsOptions
from engine.notify.webhook import WebhookOptions

CHANNEL_TYPES: Mapping[str, type[Options]] = {
    "apprise": AppriseOptions,
    "email": EmailOptions,
    "log": LogOptions,
    "pagerduty": PagerDutyOptions,
    "slack": SlackOptions,
    "teams": TeamsOptions,
    "webhook": WebhookOptions,
}
