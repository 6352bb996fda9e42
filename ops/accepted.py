"""Versions of the configuration as the log has them, read again."""

from command_side.policies import Accepted
from config import loading
from config.loading import Loaded
from config.problems import ConfigError, Problem
from config.sources import SourceType, Unchecked
from engine.notify.channel_types import CHANNEL_TYPES

WHAT_TO_DO = (
    "another release of the program accepted this version, and this one cannot read it. Tickets "
    "rest on it, so it is not left out: run the release that accepted it, on the same database"
)


def built(one: Accepted, source_type: SourceType = Unchecked) -> Loaded:
    """The version. Raises ConfigError for one that another release accepted and this one cannot
    read. Desks are known of it only where their type is given."""
    try:
        loaded = loading.load(
            one.content,
            version=one.version,
            accepted_at=one.accepted_at,
            warning=one.warning,
            critical=one.critical,
            channel_types=CHANNEL_TYPES,
            source_type=source_type,
            name=f"version {one.version} of the configuration, in the log",
            stored=True,
            built_in=one.built_in,
        )
        return loaded.by(one.author).applied(one.since, one.reason)
    except ConfigError as error:
        raise ConfigError([*error.problems, Problem(0, 0, "", WHAT_TO_DO)], error.name) from error
